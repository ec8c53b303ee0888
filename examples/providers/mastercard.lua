--- Mastercard Processing Core: number and expiry of a card contract, and its CVC2. Requests are signed by OAuth 1.0a (RSA-SHA256, body hash),
-- bodies are JWE both ways. The base URL is that of the project. That the JWE stands in `encryptedData`, with kid and cty, are the defaults of
-- Mastercard's client libraries. Issuers that are PAN-less get a masked number ("123456______3456"), which never becomes `number` here.

local refusal = { code = "Errors.Error[0].ReasonCode", message = "Errors.Error[0].Description" }
local decrypt = { type = "jwe", at = "encryptedData", key = "decryption_key", json = true }

---@type cards.Definition
return {
  name = "mastercard",
  auth = { type = "oauth1", consumer_key = "consumer_key", key = "signing_key" },
  credentials = { encryption_key = { type = "pem" }, decryption_key = { type = "pem" } }, -- Mastercard's public key; our private one
  settings = { encryption_key_id = { into = "none", required = true } },                  -- its fingerprint
  operations = {
    show = {
      page = "https://developer.mastercard.com/mastercard-processing-core/documentation/use-cases/card-lifecycle/disp-card-det-to-crdholder/",
      path = "/cards/{card_id}",
      params = { card_id = { required = true }, fields = { into = "query", default = "cardContractNumber,cardExpiryDate" } },
      response = { decrypt = decrypt, fields = { cardContractNumber = "pan", cardExpiryDate = { type = "string", digits = 4 } } },
      error = refusal,
      card = { number = "cardContractNumber", exp_month = { "cardExpiryDate", month_year "YYMM" }, exp_year = { "cardExpiryDate", month_year "YYMM" } },
    },
    cvc = {
      page = "https://developer.mastercard.com/mastercard-processing-core/documentation/use-cases/data-management/query-cms-get-particular-data/retrieve-cvc2/",
      method = "POST", path = "/cards/{card_id}/card-verification-codes/searches", safe = true,
      content_type = "application/json;charset=utf-8",
      params = { card_id = { required = true }, expiry = { into = "body.encryptedData.cardExpiryDate", required = true } },
      before = { { operation = "show", with = { card_id = "card_id" }, take = { expiry = "cardExpiryDate" } } },
      encrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A256GCM", key = "encryption_key", at = "body.encryptedData",
        header = { kid = "{encryption_key_id}", cty = "application/json" } },
      response = { decrypt = decrypt, fields = { cardVerificationCode = "cvv" }, required = { "cardVerificationCode" } },
      error = refusal,
      code = { NOT_CARD_CONTRACT = "not_found" },
      card = { cvv = "cardVerificationCode" },
    },
  },
  examples = {
    { operation = "show", plain = true, answer = [[{"encryptedData":{"cardContractNumber":"5555555555554444","cardExpiryDate":"3004"}}]],
      card = { number = "5555555555554444", exp_month = 4, exp_year = 2030 } },
    { operation = "cvc", plain = true, answer = [[{"encryptedData":{"cardVerificationCode":"347"}}]], card = { cvv = "347" } },
    { operation = "cvc", status = 404, answer = [[{"Errors":{"Error":[{"Source":"MASTERCARD PROCESSING","ReasonCode":"INVALID_EXPIRY_DATE",
      "Description":"Expiry date 2101 does not match for the card contract with id 70001.","Recoverable":false}]}}]],
      error = { kind = "not_found", code = "INVALID_EXPIRY_DATE" } },
  },
}
