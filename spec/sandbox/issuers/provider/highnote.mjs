// docs.highnote.com/docs/issuing/cards/manage/display-card-and-acct-details: GraphQL, whose errors come with HTTP 200
import { randomUUID } from "node:crypto";
import { same } from "../request.mjs";

const QUERY = /^query (\w+)\(\$id: ID!\) \{\s*node\(id: \$id\) \{\s*\.\.\. on PaymentCard \{([\w\s{}.]+)\}\s*\}\s*\}$/;
const FIELDS = ["id", "bin", "last4", "expirationDate", "network", "formFactor", "status"];
const RESTRICTED = /restrictedDetails \{\s*\.\.\. on PaymentCardRestrictedDetails \{\s*number cvv\s*\}\s*\}/;

export default function highnote({ config, card }) {
  const extensions = () => ({ requestId: randomUUID() });
  const refuse = (status, code = "BAD_REQUEST", message) => ({ status, body: { errors: [{ message, extensions: { code } }], extensions: extensions() } });
  const failed = (code, message) => ({ data: null, errors: [{ message, path: ["node"], extensions: { code } }], extensions: extensions() });

  function graphql(request) {
    if (!same(request.authorization("Basic"), config.api_key)) request.refuse(401, "UNAUTHENTICATED", "Authentication is required");
    request.only();
    const { query, variables } = request.json({ query: "string", variables: "object", "operationName?": "string" });
    const { id } = request.object(variables, { id: "string" });
    const [, , selection] = QUERY.exec(query.trim()) ?? request.refuse(400, "GRAPHQL_PARSE_FAILED", "The query cannot be read");
    const plain = selection.replace(RESTRICTED, "").trim().split(/\s+/);
    const unknown = plain.find((name) => !FIELDS.includes(name));
    if (unknown) request.refuse(400, "GRAPHQL_VALIDATION_FAILED", `Cannot query field "${unknown}" on type "PaymentCard".`);
    if (id === "denied") return failed("FORBIDDEN", "Access denied");
    if (id === "missing") return { data: { node: null }, extensions: extensions() };
    const values = { id, bin: card.number.slice(0, 6), last4: card.number.slice(-4), network: "VISA", formFactor: "VIRTUAL", status: "ACTIVE",
      expirationDate: `${card.year}-${String(card.month).padStart(2, "0")}-28T23:59:59Z` };
    const node = Object.fromEntries(plain.map((name) => [name, values[name]]));
    if (RESTRICTED.test(selection)) node.restrictedDetails = { number: card.number, cvv: card.cvv };
    return { data: { node }, extensions: extensions() };
  }

  return { refuse, routes: [["POST", "/graphql", graphql]] };
}
