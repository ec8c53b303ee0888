--- Enfuce MyCore: number and CVV2 of a card, each encrypted by RSA-OAEP with SHA-256 for a key of ours, whose public half goes with the
-- request; the expiry is plain. Every tenant has its own base URL, which ends in /issuer. Names are those of its OpenAPI; the page shows the
-- older /card/v3 (fullCardNumber), the same operation. Assumed: MGF1 is with SHA-256, too; Java, in which their example is, has SHA-1 for
-- it unless told otherwise.

local oaep = { type = "rsa-oaep-sha256", key = "private_key", encoding = "base64" }

---@type cards.Definition
return {
  name = "enfuce",
  page = "https://docs.enfuce.com/payment/api/get-card/get-card-payment-info",
  auth = { type = "bearer", credential = "token" },
  credentials = { private_key = { type = "pem" } }, -- RSA, 2048 bits
  settings = { audit_user = { into = "header", wire = "x-audit-user" } },
  operations = {
    show = {
      method = "POST", path = "/v1/cards/{id}/encrypt", safe = true,
      params = {
        card_id = { required = true, wire = "id" },
        key = { public_of = "private_key", encoding = "spki", into = "body.encryptionKey" },
        method = { value = "RSA_ECB_OAEP_SHA256_MGF1_2048", into = "body.encryptionMethod" },
        fields = { type = "list", into = "body.fields[]", default = { "PRIMARY_ACCOUNT_NUMBER", "EXPIRATION_DATE", "CVV2" } },
        sequence_number = { type = "integer", into = "body.sequenceNumber" },
      },
      response = {
        fields = {
          primaryAccountNumber = { type = "pan", decrypt = oaep }, cvv2 = { type = "cvv", decrypt = oaep },
          expirationDate = { type = "string", digits = 4 },
        },
      },
      error = { code = "title", message = "detail" }, -- a problem has no code but its title; its `id` is for the support
      card = {
        number = "primaryAccountNumber", cvv = "cvv2",
        exp_month = { "expirationDate", month_year "MMYY" }, exp_year = { "expirationDate", month_year "MMYY" },
      },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"primaryAccountNumber":"4111111111111111","expirationDate":"1230","cvv2":"123"}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030 },
    },
    {
      operation = "show", status = 404,
      answer = [[{"type":"about:blank","title":"Not Found","status":404,"detail":"Entity not found - Card","instance":"/v1/cards",
        "id":"5cc541cb-f456-4331-b537-d2380fca0404","timestamp":"2026-02-24T12:34:56Z"}]],
      error = { kind = "not_found", code = "Not Found" },
    },
  },
}
