--- Antom (Alipay): number, CVV and expiry of a card. Requests are signed by RSA-SHA256 over method and path, client id, time and body; the
-- outcome stands in `result`, always with HTTP 200. The base URL is the one for Asia; others: open-na-global, open-de-global. How the CVV is
-- encrypted is told when one is taken on: assumed is RSA (PKCS #1) for a key of ours, in base64. Result codes that the page does not list are
-- assumed to mean what they say.

---@type cards.Definition
return {
  name = "antom",
  base_url = "https://open-sea-global.alipay.com",
  auth = {
    { type = "header", name = "Client-Id", credential = "client_id" },
    {
      type = "signature", name = "Signature", algorithm = "rsa-sha256", key = "private_key", encoding = "base64",
      over = "{method} {path}\n{client_id}.{time}.{body}", value = "algorithm=RSA256,keyVersion={key_version},signature={signature|percent}",
      parts = { time = { now = "iso", into = "header", wire = "Request-Time" } },
    },
  },
  credentials = { private_key = { type = "pem" }, cvv_key = { type = "pem" } },
  settings = { key_version = { into = "none", default = "1" } },
  operations = {
    show = {
      page = "https://docs.antom.com/ac/aba/inquire_card_sensitive_info",
      method = "POST", path = "/ams/api/v1/aba/cards/inquireCardSensitiveInfo", safe = true,
      content_type = "application/json; charset=UTF-8",
      params = { card_id = { required = true, wire = "assetId" } },
      success = { path = "result.resultStatus", equals = "S" },
      response = {
        fields = {
          assetId = "string", cardNo = "pan", expiredMonth = "string", expiredYear = "string",
          cvv = { type = "cvv", decrypt = { type = "rsa-pkcs1", key = "cvv_key", encoding = "base64" } },
          ["result.resultStatus"] = "string", ["result.resultCode"] = "string", ["result.resultMessage"] = "string",
        },
      },
      error = { code = "result.resultCode", message = "result.resultMessage" },
      code = {
        PARAM_ILLEGAL = "invalid_request", INVALID_SIGNATURE = "auth", CLIENT_INVALID = "auth", ACCESS_DENIED = "auth", CARD_NOT_EXIST = "not_found",
        REQUEST_TRAFFIC_EXCEED_LIMIT = "rate_limited", UNKNOWN_EXCEPTION = "provider",
      },
      echo = { assetId = "card_id" },
      card = { id = "assetId", number = "cardNo", cvv = "cvv", exp_month = { "expiredMonth", month }, exp_year = { "expiredYear", year } },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success."},"assetId":"asset-one","cardNo":"4111111111111111",
        "cvv":"123","expiredMonth":"07","expiredYear":"29"}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 7, exp_year = 2029, id = "asset-one" },
    },
    { operation = "show", answer = [[{"result":{"resultCode":"RISK_REJECT","resultStatus":"F","resultMessage":"Risk reject."}}]],
      error = { kind = "declined", code = "RISK_REJECT" } },
    { operation = "show", answer = [[{"result":{"resultCode":"UNKNOWN_EXCEPTION","resultStatus":"U","resultMessage":"Unknown exception."}}]],
      error = { kind = "provider", code = "UNKNOWN_EXCEPTION" } },
  },
}
