--- Visa Intelligent Commerce: the payment credentials of a purchase instruction. X-Pay-Token (HMAC-SHA256 over time, path behind /vacp/, query
-- and body), and Message Level Encryption: a JWE in encData both ways. Path, headers and encryption as Visa's own client (github.com/visa/mcp)
-- has them; of the names in the decrypted answer (tokenInfo, dynamicData) the documentation shows none without a login: they are assumed after
-- the Visa Token Service.

---@type cards.Definition
return {
  name = "visa",
  base_url = "https://api.visa.com/vacp",
  auth = {
    { type = "query", name = "apikey", credential = "api_key" },
    { type = "signature", name = "x-pay-token", algorithm = "hmac-sha256", key = "shared_secret", over = "{now.unix}{resource}{query}{body}",
      encoding = "hex", value = "xv2:{now.unix}:{signature}" },
  },
  credentials = { server_key = { type = "pem" }, private_key = { type = "pem" } }, -- the MLE server certificate, and our key
  settings = { key_id = { into = "header", wire = "keyId", required = true } },
  operations = {
    show = {
      page = "https://developer.visa.com/capabilities/visa-intelligent-commerce",
      method = "POST", path = "/v1/instructions/{instruction_id}/credentials",
      params = {
        instruction_id = { required = true },
        token_id = { required = true, into = "body.encData.tokenId" },
        reference = { unique = "uuid", into = "body.encData.clientReferenceId" },
        request_id = { unique = "uuid", fresh = true, into = "header", wire = "x-request-id" },
      },
      encrypt = { type = "jwe", alg = "RSA-OAEP-256", enc = "A128GCM", key = "server_key", at = "body.encData",
        header = { kid = "{key_id}", iat = "{now.unix_ms}" } },
      response = {
        decrypt = { type = "jwe", at = "encData", key = "private_key", json = true },
        fields = {
          instructionId = "string", clientReferenceId = "string", status = "string", ["tokenInfo.token"] = "pan",
          ["tokenInfo.expirationDate.month"] = "string", ["tokenInfo.expirationDate.year"] = "string", ["dynamicData[].dynamicDataValue"] = "cvv",
        },
        required = { "tokenInfo.token" },
      },
      error = { code = { "errorResponse.reason", "responseStatus.code" }, message = { "errorResponse.message", "responseStatus.message" } },
      card = {
        id = "instructionId", status = "status", number = "tokenInfo.token", cvv = "dynamicData[0].dynamicDataValue",
        exp_month = { "tokenInfo.expirationDate.month", month }, exp_year = { "tokenInfo.expirationDate.year", year },
      },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"encData":{"instructionId":"instr-one","clientReferenceId":"ref","status":"APPROVED","tokenInfo":{"token":"4111111111111111",
        "expirationDate":{"month":"12","year":"2030"}},"dynamicData":[{"dynamicDataValue":"123"}]}}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, id = "instr-one" },
    },
    { operation = "show", status = 401, answer = [[{"errorResponse":{"status":401,"reason":"invalidCredentials","message":"Token validation failed"}}]],
      error = { kind = "auth", code = "invalidCredentials" } },
  },
}
