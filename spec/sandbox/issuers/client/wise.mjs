import { createPublicKey, randomUUID } from "node:crypto";
import { openJwe, sealJwe } from "../keys.mjs";

const JOSE = "application/jose+json";

export default async function ({ call, config, card, keys, is, refused }) {
  const bearer = { Authorization: `Bearer ${config.user_token}` };
  const told = await call("GET", "/twcard-data/v1/clientSideEncryption/fetchEncryptingKey", { headers: bearer });
  is("the version", told.json.version, 1);
  const theirs = createPublicKey({ key: Buffer.from(told.json.key, "base64"), format: "der", type: "spki" });
  refused("no token", await call("GET", "/twcard-data/v1/clientSideEncryption/fetchEncryptingKey"), 401, "invalid_token");

  async function details({ card: token = "t-1", key = theirs, jwe = {}, headers = {}, nonce = randomUUID(), version = 1, payload } = {}) {
    const header = { alg: "RSA-OAEP-256", enc: "A256GCM", ...jwe };
    const body = JSON.stringify({ keyVersion: version, encryptedPayload: payload ?? await sealJwe(JSON.stringify({ nonce }), key, header) });
    return call("POST", "/twcard-data/v1/sensitive-card-data/details", { body, headers: { ...bearer, Accept: JOSE, "Content-Type": "application/json",
      "X-TW-JOSE-Method": "jwe", "x-tw-twcard-card-token": token, ...headers } });
  }
  const nonce = randomUUID();
  const answer = await details({ nonce });
  is("the type", answer.headers["content-type"], JOSE);
  is("the card", JSON.parse((await openJwe(answer.text, keys.encryption, "RSA-OAEP-256", "A256GCM")).text),
    { nonce, cvv2: card.cvv, pan: card.number, expiryDate: "10/31", cardholderName: card.holder });
  is("another key opens nothing", await openJwe(answer.text, keys.other, "RSA-OAEP-256", "A256GCM"), undefined);
  refused("a nonce for the second time", await details({ nonce }), 400, "jose.nonce.used");
  refused("no nonce", await details({ nonce: "" }), 400, "nonce");
  refused("another token", await details({ headers: { Authorization: "Bearer other" } }), 401, "invalid_token");
  refused("no card token", await details({ headers: { "x-tw-twcard-card-token": "" } }), 400, "card.token.missing");
  refused("another Accept", await details({ headers: { Accept: "application/json" } }), 406, "Accept");
  refused("another method", await details({ headers: { "X-TW-JOSE-Method": "jws" } }), 400, "jose.method.invalid");
  refused("another type", await details({ headers: { "Content-Type": "text/plain" } }), 415, "Content-Type");
  refused("encrypted for another", await details({ key: keys.other }), 400, "jose.decryption.failed");
  refused("another algorithm", await details({ jwe: { alg: "RSA-OAEP" } }), 400, "jose.decryption.failed");
  refused("another encryption", await details({ jwe: { enc: "A128GCM" } }), 400, "jose.decryption.failed");
  refused("no JWE", await details({ payload: "e30" }), 400, "jose.decryption.failed");
  refused("another version", await details({ version: 2 }), 400, "keyVersion");
  refused("a frozen account", await details({ card: "blocked" }), 403, "card.status.invalid");
  refused("no card", await details({ card: "missing" }), 404, "card.not.found");
}
