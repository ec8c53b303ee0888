--- Highnote: a payment card with its restricted details, by GraphQL. The answer is HTTP 200 even where it has errors, which stand in a list.
-- The API key is given as the dashboard's page says: its base64. For tests the base URL is https://api.us.test.highnote.com.

local query = [[query ViewPaymentCard($id: ID!) {
  node(id: $id) {
    ... on PaymentCard {
      id bin last4 expirationDate network formFactor status
      restrictedDetails { ... on PaymentCardRestrictedDetails { number cvv } }
    }
  }
}]]

---@type cards.Definition
return {
  name = "highnote",
  base_url = "https://api.us.highnote.com",
  auth = { type = "header", name = "Authorization", prefix = "Basic ", credential = "api_key" },
  operations = {
    show = {
      page = "https://docs.highnote.com/docs/issuing/cards/manage/display-card-and-acct-details",
      method = "POST", path = "/graphql", safe = true,
      params = { query = { value = query }, card_id = { required = true, into = "body.variables.id" } },
      success = { path = "errors", absent = true },
      null = { ["data.node"] = "not_found" },
      response = {
        root = "data.node",
        fields = {
          id = "string", bin = "string", last4 = { type = "string", digits = 4 }, expirationDate = "timestamp", network = "string",
          formFactor = "string", status = "string", ["restrictedDetails.number"] = "pan", ["restrictedDetails.cvv"] = "cvv",
        },
        required = { "restrictedDetails.number" },
      },
      error = { code = { "errors[0].extensions.code", "errors[0].code" }, message = "errors[0].message" },
      -- as servers of GraphQL have them; the pages list none
      code = { UNAUTHENTICATED = "auth", FORBIDDEN = "auth", RATE_LIMITED = "rate_limited", INTERNAL_SERVER_ERROR = "provider" },
      echo = { ["data.node.id"] = "card_id" },
      card = {
        id = "id", number = "restrictedDetails.number", cvv = "restrictedDetails.cvv", last4 = "last4", bin = "bin", brand = "network",
        type = "formFactor", status = "status", exp_month = { "expirationDate", month_year }, exp_year = { "expirationDate", month_year },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"data":{"node":{"id":"card-one","bin":"411111","last4":"1111","expirationDate":"2030-12-31T23:59:59Z","network":"VISA",
        "status":"ACTIVE","restrictedDetails":{"number":"4111111111111111","cvv":"222"}}},"extensions":{"requestId":"REQUEST_ID"}}]],
      card = { number = "4111111111111111", cvv = "222", exp_month = 12, exp_year = 2030, brand = "VISA", status = "ACTIVE" },
    },
    { operation = "show", answer = [[{"data":{"node":null},"extensions":{"requestId":"REQUEST_ID"}}]], error = { kind = "not_found" } },
    { operation = "show", answer = [[{"data":null,"errors":[{"message":"Not allowed","path":["node"],"extensions":{"code":"FORBIDDEN"}}]}]],
      error = { kind = "auth", code = "FORBIDDEN" } },
  },
}
