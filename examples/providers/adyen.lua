--- Adyen, balance platform: number, CVC and expiry of an issued card. Each call makes an AES key, sends it wrapped for Adyen's public key, and
-- reads the answer with it. The credential needs the role "Bank Issuing PAN Reveal Webservice". Zero as the IV and hexadecimal texts are not
-- on the page but in Adyen's example code.

local problem = { code = "errorCode", message = { "detail", "title" } }

---@type cards.Definition
return {
  name = "adyen",
  base_url = "https://balanceplatform-api-live.adyen.com/bcl/v2",
  auth = { type = "header", name = "X-API-Key", credential = "api_key" },
  operations = {
    public_key = {
      page = "https://docs.adyen.com/issuing/manage-card-data/reveal-card-details",
      path = "/publicKey?purpose=panReveal",
      response = { fields = { publicKey = "string", publicKeyExpiryDate = "string" } },
      error = problem,
    },
    show = {
      page = "https://docs.adyen.com/api-explorer/balanceplatform/2/post/paymentInstruments/reveal",
      method = "POST", path = "/paymentInstruments/reveal", safe = true,
      params = {
        card_id = { required = true, wire = "paymentInstrumentId" },
        session = {
          session = 32, into = "body.encryptedKey", wrap = { type = "rsa-pkcs1", key = { from = "public_key", take = "publicKey" }, encoding = "hex" },
        },
      },
      response = {
        decrypt = { type = "aes-256-cbc", at = "encryptedData", key = "session", iv = "zero", encoding = "hex", json = true },
        fields = { pan = "pan", cvc = "cvv", ["expiration.month"] = "string", ["expiration.year"] = "string" },
        required = { "pan" },
      },
      error = problem,
      card = { number = "pan", cvv = "cvc", exp_month = { "expiration.month", month }, exp_year = { "expiration.year", year } },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"encryptedData":{"cvc":"607","expiration":{"month":"12","year":"2030"},"pan":"5168800000001065"}}]],
      card = { number = "5168800000001065", cvv = "607", exp_month = 12, exp_year = 2030 },
    },
    { operation = "show", status = 422, answer = [[{"title":"Invalid Payment Instrument information provided","status":422,
      "detail":"Payment instrument not found","errorCode":"30_031"}]], error = { kind = "invalid_request", code = "30_031" } },
    { operation = "public_key", status = 401, answer = [[{"title":"Unauthorized","status":401,"detail":"Authorization required",
      "errorCode":"00_401"}]], error = { kind = "auth", code = "00_401" } },
  },
}
