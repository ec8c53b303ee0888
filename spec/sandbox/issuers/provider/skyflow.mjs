// docs.skyflow.com/docs/fundamentals/api-authentication, records of a vault in bulk
import { randomBytes } from "node:crypto";
import { jose } from "../jose.mjs";
import { same } from "../request.mjs";

const AUDIENCE = "https://manage.skyflowapis.com/v1/auth/sa/oauth/token";
const GRPC = { 400: 3, 401: 16, 403: 7, 404: 5 };
const NAMES = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 415: "Unsupported Media Type" };

export default function skyflow({ config, card, keys }) {
  const tokens = new Map();
  const refuse = (status, _, message) => ({ status,
    body: { error: { grpc_code: GRPC[status] ?? 13, http_code: status, message, http_status: NAMES[status] ?? "Internal Server Error", details: [] } } });

  async function login(request) {
    request.only();
    const { assertion } = request.json({ grant_type: (type) => type === "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: "string" });
    const rules = { algorithms: ["RS256"], issuer: config.client_id, subject: config.client_id, audience: AUDIENCE, requiredClaims: ["exp"] };
    const { payload } = await jose.jwtVerify(assertion, keys.clientSigning, rules).catch((error) => request.refuse(401, undefined, "invalid token", error.message));
    if (!same(payload.key, config.key_id)) request.refuse(401, undefined, "invalid key");
    if (payload.exp > Date.now() / 1000 + 3660) request.refuse(401, undefined, "exp is more than an hour away");
    const accessToken = `eyJ${randomBytes(60).toString("base64url")}`;
    tokens.set(accessToken, payload.exp * 1000);
    return { accessToken, tokenType: "Bearer" };
  }

  function records(request, { vault, table }) {
    if (!(tokens.get(request.authorization("Bearer")) > Date.now())) request.refuse(401, undefined, "request failed authentication");
    request.bare();
    const { skyflow_ids: id, redaction } = request.only("skyflow_ids", "redaction");
    if (vault !== config.vault_id || table !== "cards") request.refuse(404, undefined, "Vault or table not found");
    if (!id || !["PLAIN_TEXT", "MASKED"].includes(redaction)) request.refuse(400, undefined, "skyflow_ids and redaction are wanted");
    if (id === "missing") request.refuse(404, undefined, "No Records Found");
    const dashed = card.number.replace(/(\d{4})(?=\d)/g, "$1-");
    const number = redaction === "MASKED" ? dashed.replace(/^[\d-]{15}/, "XXXX-XXXX-XXXX-") : dashed;
    return { records: [{ fields: { skyflow_id: id, card_number: number, cvv: card.cvv, expiry_month: String(card.month).padStart(2, "0"),
      expiry_year: String(card.year), cardholder_name: card.holder } }] };
  }

  return { refuse, routes: [["POST", "/v1/auth/sa/oauth/token", login], ["GET", "/v1/vaults/{vault}/{table}", records]] };
}
