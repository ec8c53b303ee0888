--- Skyflow: a record of a vault in plain text, out of the list that the vault answers with. A JWT that the service account's key signs is
-- exchanged for a token. The base URL is that of the vault, https://{cluster}.vault.skyflowapis.com; table and columns are the vault's own:
-- `cards` with card_number, cvv, … are assumed.

local refusal = { code = "error.http_status", message = "error.message" }
local token_uri = "https://manage.skyflowapis.com/v1/auth/sa/oauth/token"

---@type cards.Definition
return {
  name = "skyflow",
  auth = { type = "token", operation = "login", value = "accessToken", ttl = 3600 },
  credentials = { client_id = {}, key_id = {}, private_key = { type = "pem" } }, -- of credentials.json: clientID, keyID, privateKey
  settings = {
    vault_id = { into = "path", required = true, operations = { "show" } }, table = { into = "path", default = "cards", operations = { "show" } },
  },
  operations = {
    login = {
      page = "https://docs.skyflow.com/docs/fundamentals/api-authentication",
      method = "POST", base_url = "https://manage.skyflowapis.com", path = "/v1/auth/sa/oauth/token",
      auth = {
        type = "jwt", key = "private_key", algorithm = "RS256", into = "body.assertion",
        claims = { iss = "{client_id}", sub = "{client_id}", key = "{key_id}", aud = token_uri, exp = "{now.unix+3600}" },
      },
      params = { grant_type = { value = "urn:ietf:params:oauth:grant-type:jwt-bearer" } },
      response = { fields = { accessToken = "token", tokenType = "string" } },
      error = refusal,
    },
    show = {
      page = "https://docs.skyflow.com/api/data/records/record-service-bulk-get-record",
      path = "/v1/vaults/{vault_id}/{table}",
      params = { skyflow_id = { required = true, wire = "skyflow_ids", into = "query" }, redaction = { value = "PLAIN_TEXT", into = "query" } },
      response = {
        root = "records[0].fields",
        fields = { skyflow_id = "string", card_number = "pan", cvv = "cvv", expiry_month = "string", expiry_year = "string",
          cardholder_name = "string" },
        required = { "card_number" },
      },
      error = refusal,
      echo = { ["records[0].fields.skyflow_id"] = "skyflow_id" },
      card = { id = "skyflow_id", number = { "card_number", digits }, cvv = "cvv", holder_name = "cardholder_name",
        exp_month = { "expiry_month", month }, exp_year = { "expiry_year", year } },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"records":[{"fields":{"skyflow_id":"f8d8a622","card_number":"4111-1111-1111-1111","cvv":"123","expiry_month":"12","expiry_year":"2030",
        "cardholder_name":"Jane Doe"}}]}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, holder_name = "Jane Doe" },
    },
    { operation = "show", status = 404,
      answer = [[{"error":{"grpc_code":5,"http_code":404,"message":"No Records Found","http_status":"Not Found","details":[]}}]],
      error = { kind = "not_found", code = "Not Found" } },
  },
}
