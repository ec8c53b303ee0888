--- Modulr: number and CVV2 of a card. A token for the card is asked for with a signature (HMAC-SHA1 over date and nonce); the details are then
-- had with that token instead. For tests the base URL is https://api-sandbox.modulrfinance.com/api-sandbox. That the token stands alone in
-- Authorization follows its OpenAPI (apiKey); no page says it in words. A token encrypted for a key of the caller is for cardholders' devices,
-- and not asked for here.

local refusal = { code = { "[0].errorCode", "[0].code" }, message = "[0].message" } -- a list of messages, at the top
local codes = { NOTFOUND = "not_found", PERMISSION = "auth", TOKENEXPIRED = "auth", RATELIMIT = "rate_limited", RETRY = "provider" }

---@type cards.Definition
return {
  name = "modulr",
  auth = {
    type = "signature", name = "Authorization", algorithm = "hmac-sha1", key = "hmac_secret", encoding = "base64",
    over = "date: {date}\nx-mod-nonce: {nonce}",
    value = [[Signature keyId="{api_key}",algorithm="hmac-sha1",headers="date x-mod-nonce",signature="{signature|percent}"]],
    parts = {
      date = { now = "http", into = "header", wire = "Date" },
      nonce = { unique = "uuid", fresh = true, into = "header", wire = "x-mod-nonce" },
    },
  },
  credentials = { api_key = {} },
  operations = {
    card_token = {
      page = "https://modulr.readme.io/reference/generatecardholdertoken",
      method = "POST", path = "/cards/{card_id}/secure-details-token",
      params = { card_id = { required = true }, purpose = { value = "READ" } },
      response = { fields = { token = "token", encrypted = "boolean" }, required = { "token" } },
      error = refusal,
      code = codes,
    },
    show = {
      page = "https://modulr.readme.io/reference/getsecurecarddetails",
      path = "/cards/secure-details", auth = {},
      params = { card_id = { required = true, into = "none" }, token = { required = true, into = "header", wire = "Authorization" } },
      before = { { operation = "card_token", with = { card_id = "card_id" }, take = { token = "token" } } },
      response = { fields = { pan = "pan", cvv2 = "cvv", pin = "secret" }, required = { "pan" } },
      error = refusal,
      code = codes,
      card = { number = "pan", cvv = "cvv2" },
    },
  },
  examples = {
    { operation = "show", answer = [[{"pan":"4111111111111111","cvv2":"123","pin":"1234"}]], card = { number = "4111111111111111", cvv = "123" } },
    { operation = "show", status = 400, answer = [=[[{"field":"token","code":"TOKENEXPIRED","message":"The token is expired"}]]=],
      error = { kind = "auth", code = "TOKENEXPIRED" } },
    { operation = "card_token", status = 400, answer = [=[[{"field":"cardId","code":"INVALID","errorCode":"CARD001","message":"Unknown card"}]]=],
      error = { kind = "invalid_request", code = "CARD001" } },
  },
}
