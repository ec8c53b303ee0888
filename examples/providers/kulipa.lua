--- Kulipa: number, CVV2 and expiry of a card. A token that is good for one use is asked for, with a signature of the wallet that owns the card;
-- the details are then had from the URL that comes with it. The wallet signs elsewhere (EIP-712 or Solana): its signature and the time that it
-- signed are parameters. Assumed: the base URL, the path of the first step, the names walletSignature and queriedAt, and the host of the
-- callback, which the page does not show.

---@type cards.Definition
return {
  name = "kulipa",
  base_url = "https://api.kulipa.xyz",
  hosts = { "secure.kulipa.xyz" },
  auth = { type = "header", name = "x-api-key", credential = "api_key" },
  operations = {
    pan_token = {
      page = "https://kulipa.readme.io/reference/generatepantoken",
      method = "POST", path = "/cards/{card_id}/pan-token",
      params = {
        card_id = { required = true },
        signature = { required = true, sensitive = true, wire = "walletSignature" },
        signed_at = { required = true, type = "integer", wire = "queriedAt" }, -- Unix time in milliseconds
      },
      response = { fields = { tokenId = "token", callbackUrl = "secret" }, required = { "tokenId", "callbackUrl" } },
      error = { code = { "code", "error" }, message = "message" },
    },
    show = {
      page = "https://kulipa.readme.io/reference/generatepantoken",
      method = "POST", auth = {},
      params = {
        card_id = { required = true, into = "none" },
        signature = { required = true, sensitive = true, into = "none" },
        signed_at = { required = true, type = "integer", into = "none" },
        token = { required = true, into = "body.tokenId" },
      },
      before = {
        {
          operation = "pan_token", with = { card_id = "card_id", signature = "signature", signed_at = "signed_at" },
          take = { token = "tokenId" }, url = "callbackUrl",
        },
      },
      response = {
        fields = { id = "string", panFirst6 = "string", panLast4 = { type = "string", digits = 4 }, type = "string", state = "string",
          expiry = { type = "string", digits = 6 }, embossedName = "string", pan = "pan", cvv2 = "cvv" },
      },
      error = { code = "code", message = "message" },
      card = { number = "pan", cvv = "cvv2", last4 = "panLast4", type = "type", status = "state", holder_name = "embossedName",
        exp_month = { "expiry", month_year "YYYYMM" }, exp_year = { "expiry", month_year "YYYYMM" } },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"id":"8202C315D8960020534E4D9E0C5509BE-one","cardNumber":"none-of-ours","panFirst6":"411111","panLast4":"1111","type":"virtual",
        "state":"active","expiry":"202706","embossedName":"SIX/JOE","pan":"4111111111111111","cvv2":"290"}]],
      card = { number = "4111111111111111", cvv = "290", exp_month = 6, exp_year = 2027, last4 = "1111", status = "active", holder_name = "SIX/JOE" },
    },
  },
}
