import { createSecretKey } from "node:crypto";
import { jose } from "../jose.mjs";
import { spki } from "../keys.mjs";

const AUDIENCE = "https://manage.skyflowapis.com/v1/auth/sa/oauth/token";
const TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";

export default async function ({ call, config, card, keys, is, refused }) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: config.client_id, sub: config.client_id, key: config.key_id, aud: AUDIENCE, exp: now + 3600 };
  const assertion = (more = {}, key = keys.signing, alg = "RS256") => new jose.SignJWT({ ...claims, ...more }).setProtectedHeader({ alg }).sign(key);
  const login = (text, more = {}, headers = {}) => call("POST", "/v1/auth/sa/oauth/token", { body: JSON.stringify({ grant_type: TYPE, assertion: text, ...more }),
    headers: { "Content-Type": "application/json", ...headers } });
  const { json: answer } = await login(await assertion());
  is("the type of the token", answer.tokenType, "Bearer");
  refused("another key", await login(await assertion({}, keys.other)), 401, "Unauthorized");
  refused("another key id", await login(await assertion({ key: "other" })), 401, "Unauthorized");
  refused("another audience", await login(await assertion({ aud: "https://other.example" })), 401, "Unauthorized");
  refused("another issuer", await login(await assertion({ iss: "other" })), 401, "Unauthorized");
  refused("an old assertion", await login(await assertion({ exp: now - 60 })), 401, "Unauthorized");
  refused("a long one", await login(await assertion({ exp: now + 7200 })), 401, "Unauthorized");
  refused("no exp", await login(await assertion({ exp: undefined })), 401, "Unauthorized");
  refused("a time as a text", await login(await assertion({ exp: String(now + 3600) })), 401, "Unauthorized");
  refused("the public key as a secret", await login(await assertion({}, createSecretKey(Buffer.from(spki(keys.signing))), "HS256")), 401, "Unauthorized");
  refused("no signature", await login(new jose.UnsecuredJWT(claims).encode()), 401, "Unauthorized");
  refused("another grant", await login(await assertion(), { grant_type: "client_credentials" }), 400, "grant_type");
  refused("another type", await login(await assertion(), {}, { "Content-Type": "application/x-www-form-urlencoded" }), 415, "Content-Type");

  const records = (query, token = answer.accessToken, vault = config.vault_id) => call("GET", `/v1/vaults/${vault}/cards?${query}`, { headers: { Authorization: `Bearer ${token}` } });
  const [{ fields }] = (await records("skyflow_ids=r-1&redaction=PLAIN_TEXT")).json.records;
  is("the card", [fields.skyflow_id, fields.card_number.replace(/-/g, ""), fields.cvv, fields.expiry_month], ["r-1", card.number, card.cvv, "01"]);
  is("masked", (await records("skyflow_ids=r-1&redaction=MASKED")).json.records[0].fields.card_number, `XXXX-XXXX-XXXX-${card.number.slice(-4)}`);
  refused("another token", await records("skyflow_ids=r-1&redaction=PLAIN_TEXT", "eyJother"), 401, "failed authentication");
  refused("another vault", await records("skyflow_ids=r-1&redaction=PLAIN_TEXT", answer.accessToken, "other"), 404, "Vault");
  refused("no redaction", await records("skyflow_ids=r-1"), 400, "redaction");
  refused("no record", await records("skyflow_ids=missing&redaction=PLAIN_TEXT"), 404, "No Records Found");
}
