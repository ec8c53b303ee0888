-- A provider of your own. What is not under `fields` is secret: `pan`, `cvv` and `token` say of which kind.
-- The examples are tried while you type.
return {
  name = "acme",
  base_url = "https://api.acme.example/v1",
  auth = { type = "bearer", credential = "token" },
  operations = {
    show = {
      path = "/cards/{card_id}",
      params = { card_id = { required = true } },
      response = {
        root = "data",
        fields = {
          id = "string", status = "string", pan = "pan", cvv = "cvv",
          exp_month = "integer", exp_year = "integer", ["holder.name"] = "string",
        },
      },
      error = { code = "error.code", message = "error.message" },
      card = {
        id = "id",
        status = { "status", map { ACTIVE = "active", BLOCKED = "blocked" } },
        number = { "pan", digits },
        cvv = "cvv",
        exp_month = { "exp_month", month },
        exp_year = { "exp_year", year },
        holder_name = { "holder.name", trim },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{
  "data": {
    "id": "c_9", "status": "ACTIVE", "pan": "4111 1111 1111 1111", "cvv": "123",
    "exp_month": 12, "exp_year": 27, "holder": { "name": "Jane Doe " },
    "loyalty": "L-20417"
  }
}]],
      card = { id = "c_9", status = "active", number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2027, holder_name = "Jane Doe" },
    },
    {
      operation = "show",
      status = 404,
      answer = [[{ "error": { "code": "no_such_card", "message": "There is no such card" } }]],
      error = { kind = "not_found", code = "no_such_card" },
    },
  },
}
