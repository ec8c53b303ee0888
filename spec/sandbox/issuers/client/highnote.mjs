const QUERY = `query ViewPaymentCard($id: ID!) {
  node(id: $id) {
    ... on PaymentCard { id last4 expirationDate restrictedDetails { ... on PaymentCardRestrictedDetails { number cvv } } }
  }
}`;

export default async function ({ call, config, card, is, refused }) {
  const ask = (id, { query = QUERY, headers = {}, more = {} } = {}) => call("POST", "/graphql", { body: JSON.stringify({ query, variables: { id }, ...more }),
    headers: { Authorization: `Basic ${config.api_key}`, "Content-Type": "application/json", ...headers } });
  is("the card", (await ask("card-1")).json.data, { node: { id: "card-1", last4: card.number.slice(-4), expirationDate: "2029-07-28T23:59:59Z",
    restrictedDetails: { number: card.number, cvv: card.cvv } } });
  is("no card", (await ask("missing")).json.data, { node: null });
  const denied = await ask("denied");
  is("a refusal", [denied.status, denied.json.data, denied.json.errors[0].extensions.code], [200, null, "FORBIDDEN"]);
  refused("the key without base64", await ask("card-1", { headers: { Authorization: "Basic highnote_key_sandbox" } }), 401, "UNAUTHENTICATED");
  refused("a bearer", await ask("card-1", { headers: { Authorization: `Bearer ${config.api_key}` } }), 401, "UNAUTHENTICATED");
  refused("an unknown field", await ask("card-1", { query: QUERY.replace("last4", "pin") }), 400, 'Cannot query field \\"pin\\"');
  refused("no query", await ask("card-1", { query: "{" }), 400, "GRAPHQL_PARSE_FAILED");
  refused("no id", await ask(undefined), 400, "id is missing");
  refused("an unknown member", await ask("card-1", { more: { a: 1 } }), 400, "a is unknown");
  refused("another type", await ask("card-1", { headers: { "Content-Type": "application/graphql" } }), 415, "Content-Type");
}
