// docs.wise.com/api-reference/card-sensitive-details, …/guides/developer/auth-and-security/jose/jose-jwe
import { openJwe, sealJwe, spki } from "../keys.mjs";
import { once, same, uuid } from "../request.mjs";

const JOSE = "application/jose+json";

export default function wise({ config, card, keys }) {
  const fresh = once();
  const refuse = (status, code = "request.invalid", message) => ({ status, body: { errors: [{ code, message }] } });

  function allow(request) {
    if (!same(request.authorization("Bearer"), config.user_token)) request.refuse(401, "invalid_token", "Invalid token");
    request.only();
  }

  function key(request) {
    allow(request);
    request.bare();
    return { version: 1, key: spki(keys.issuer) };
  }

  async function details(request) {
    allow(request);
    const token = request.header("x-tw-twcard-card-token");
    if (!token) request.refuse(400, "card.token.missing", "x-tw-twcard-card-token is missing");
    if (request.header("x-tw-jose-method") !== "jwe") request.refuse(400, "jose.method.invalid", "X-TW-JOSE-Method must be jwe");
    const { encryptedPayload } = request.json({ keyVersion: (version) => version === 1, encryptedPayload: "string" });
    const opened = await openJwe(encryptedPayload, keys.issuer, "RSA-OAEP-256", "A256GCM");
    if (!opened) request.refuse(400, "jose.decryption.failed", "The payload cannot be decrypted");
    const { nonce } = request.object(opened.text, { nonce: uuid });
    if (!fresh(nonce)) request.refuse(400, "jose.nonce.used", "The nonce was used");
    if (token === "missing") request.refuse(404, "card.not.found", "Card not found");
    if (token === "blocked") request.refuse(403, "card.status.invalid", "The card is neither active nor frozen");
    const text = JSON.stringify({ nonce, cvv2: card.cvv, pan: card.number, expiryDate: `${card.month}/${card.year % 100}`, cardholderName: card.holder });
    const header = { alg: "RSA-OAEP-256", enc: "A256GCM", kid: "6da49495-1632-43cd-9a03-dd324603ecd7" };
    return { type: JOSE, body: await sealJwe(text, keys.clientEncryption, header) };
  }

  return {
    refuse,
    routes: [
      ["GET", "/twcard-data/v1/clientSideEncryption/fetchEncryptingKey", key],
      ["POST", "/twcard-data/v1/sensitive-card-data/details", details, JOSE],
    ],
  };
}
