--- Wise: number, CVV2, expiry and holder of a card; a JWE for Wise's key goes out in the body, and a JWE for a key of ours comes back. Of the
-- two ways that Wise describes (pages jose-jwe and sensitive-card-details), this is the one in which Wise has our public key. What the JWE of
-- the request holds is not on the pages: assumed is a nonce. Calls in the EEA and the UK need strong customer authentication besides.

local refusal = { code = { "errors[0].code", "error" }, message = { "errors[0].message", "error_description", "message" } }

---@type cards.Definition
return {
  name = "wise",
  base_url = "https://twcard.wise.com",
  auth = { type = "bearer", credential = "user_token" },
  credentials = { private_key = { type = "pem" } },
  operations = {
    encryption_key = {
      page = "https://docs.wise.com/api-reference/card-sensitive-details",
      path = "/twcard-data/v1/clientSideEncryption/fetchEncryptingKey",
      response = { fields = { version = "integer", key = "string" } },
      error = refusal,
    },
    show = {
      page = "https://docs.wise.com/api-reference/card-sensitive-details/cardsensitivedetailsget",
      method = "POST", path = "/twcard-data/v1/sensitive-card-data/details", safe = true,
      accept = "application/jose+json",
      params = {
        card_token = { required = true, into = "header", wire = "x-tw-twcard-card-token" },
        jose_method = { value = "jwe", into = "header", wire = "X-TW-JOSE-Method" },
        key_version = { value = 1, type = "integer", into = "body.keyVersion" },
        nonce = { unique = "uuid", into = "body.encryptedPayload.nonce" },
      },
      encrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = { from = "encryption_key", take = "key" }, at = "body.encryptedPayload" },
      response = {
        decrypt = { type = "jwe", key = "private_key", json = true },
        fields = { nonce = "string", pan = "pan", cvv2 = "cvv", expiryDate = "string", cardholderName = "string" },
        required = { "pan" },
      },
      error = refusal,
      status = { [403] = "declined" }, -- a card that is neither active nor frozen
      card = {
        number = "pan", cvv = "cvv2", holder_name = "cardholderName", exp_month = { "expiryDate", month_year }, exp_year = { "expiryDate", month_year },
      },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"nonce":"33d51227-9ad6-4624-b4b7-7853b56076dd","cvv2":"111","pan":"4111111111111111","expiryDate":"10/31",
        "cardholderName":"John Smith"}]],
      card = { number = "4111111111111111", cvv = "111", exp_month = 10, exp_year = 2031, holder_name = "John Smith" },
    },
    { operation = "show", status = 401, answer = [[{"error":"invalid_token","error_description":"Invalid token"}]],
      error = { kind = "auth", code = "invalid_token" } },
  },
}
