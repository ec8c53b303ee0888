export default async function ({ call, config, card, is, refused }) {
  const right = { "x-client-id": config.client_id, "x-api-key": config.api_key };
  const login = (headers, body) => call("POST", "/api/v1/authentication/login", { headers, body });
  const { status, json: answer } = await login(right, "");
  is("the status", status, 201);
  is("the form of the time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/.test(answer.expires_at), true);
  is("a token for each", (await login(right, "")).json.token === answer.token, false);
  refused("another key", await login({ ...right, "x-api-key": "other" }), 401, "credentials_invalid");
  refused("no client", await login({ "x-api-key": config.api_key }), 401, "credentials_invalid");
  refused("a body", await login(right, '{"a":1}'), 400, "invalid_argument");

  const details = (id, token, more = {}) => call("GET", `/api/v1/issuing/cards/${id}/details`, { headers: { Authorization: `Bearer ${token}`, ...more } });
  is("the card", (await details("c-1", answer.token)).json,
    { card_number: card.number, cvv: card.cvv, expiry_month: card.month, expiry_year: card.year, name_on_card: card.holder });
  refused("another token", await details("c-1", "eyother"), 401, "credentials_invalid");
  refused("the key for a token", await details("c-1", config.api_key), 401, "credentials_invalid");
  refused("no card", await details("missing", answer.token), 404, "not_found");
  refused("a query", await call("GET", "/api/v1/issuing/cards/c-1/details?a=1", { headers: { Authorization: `Bearer ${answer.token}` } }), 400, "validation_failed");
}
