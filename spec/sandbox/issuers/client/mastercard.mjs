import { createHash, randomBytes, sign } from "node:crypto";
import { openJwe, sealJwe } from "../keys.mjs";

const escape = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const hash = (body) => createHash("sha256").update(body).digest("base64");

export default async function ({ call, config, card, keys, base, is, refused }) {
  function authorization(method, path, body, { key = keys.signing, encode = escape, ...more } = {}) {
    const [bare, query = ""] = path.split("?");
    const parts = { oauth_body_hash: hash(body), oauth_consumer_key: config.consumer_key, oauth_nonce: randomBytes(8).toString("hex"),
      oauth_signature_method: "RSA-SHA256", oauth_timestamp: String(Math.floor(Date.now() / 1000)), oauth_version: "1.0", ...more };
    const pairs = [...query.split("&").filter(Boolean), ...Object.entries(parts).map((pair) => pair.map(encode).join("="))].sort();
    const text = [method, base + bare, pairs.join("&")].map(escape).join("&");
    const all = { ...parts, oauth_signature: sign("sha256", Buffer.from(text), key).toString("base64") };
    return `OAuth ${Object.entries(all).map(([name, value]) => `${name}="${name === "oauth_signature" ? escape(value) : encode(value)}"`).join(",")}`;
  }
  const open = async (answer) => JSON.parse((await openJwe(answer.json.encryptedData, keys.encryption, "RSA-OAEP-256", "A256GCM")).text);

  const PATH = "/cards/c-1?fields=cardContractNumber%2CcardExpiryDate";
  const get = (path, more) => call("GET", path, { headers: { Authorization: authorization("GET", path, "", more) } });
  is("the card", await open(await get(PATH)), { cardContractNumber: card.number, cardExpiryDate: "3210" });
  is("the card, with parts that are not encoded, as Mastercard's clients send them", await open(await get(PATH, { encode: (text) => text })),
    { cardContractNumber: card.number, cardExpiryDate: "3210" });
  is("the card, with a comma as it is", await open(await get("/cards/c-1?fields=cardContractNumber,cardExpiryDate")),
    { cardContractNumber: card.number, cardExpiryDate: "3210" });
  refused("another key", await get(PATH, { key: keys.other }), 401, "AUTHENTICATION_FAILED");
  refused("an old timestamp", await get(PATH, { oauth_timestamp: "1600000000" }), 401, "AUTHENTICATION_FAILED");
  refused("another method of signature", await get(PATH, { oauth_signature_method: "HMAC-SHA256" }), 401, "AUTHENTICATION_FAILED");
  refused("another consumer", await get(PATH, { oauth_consumer_key: "other" }), 401, "AUTHENTICATION_FAILED");
  refused("another query than was signed", await call("GET", "/cards/c-1?fields=cardExpiryDate", { headers: { Authorization: authorization("GET", PATH, "") } }),
    401, "AUTHENTICATION_FAILED");
  const once = { oauth_nonce: "0123456789abcdef" + Date.now() };
  await get(PATH, once);
  refused("a nonce for the second time", await get(PATH, once), 401, "AUTHENTICATION_FAILED");
  refused("no nonce", await call("GET", PATH, { headers: { Authorization: authorization("GET", PATH, "").replace(/oauth_nonce="[^"]*",/, "") } }), 401, "AUTHENTICATION_FAILED");
  refused("no body hash", await call("GET", PATH, { headers: { Authorization: authorization("GET", PATH, "").replace(/oauth_body_hash="[^"]*",/, "") } }),
    401, "AUTHENTICATION_FAILED");
  refused("no card", await get("/cards/missing"), 404, "CARD_CONTRACT_NOT_FOUND");
  refused("another contract", await get("/cards/account"), 400, "NOT_CARD_CONTRACT");
  refused("an unknown field", await get("/cards/c-1?fields=pin"), 400, "INVALID_FIELD");

  const header = { alg: "RSA-OAEP-256", enc: "A256GCM", kid: config.encryption_key_id, cty: "application/json" };
  async function cvc(value, { key = keys.issuer, jwe = {}, signed = (body) => body, type = "application/json;charset=utf-8", plain } = {}) {
    const body = plain ?? JSON.stringify({ encryptedData: await sealJwe(JSON.stringify(value), key, { ...header, ...jwe }) });
    const path = "/cards/c-1/card-verification-codes/searches";
    return call("POST", path, { body, headers: { "Content-Type": type, Authorization: authorization("POST", path, signed(body)) } });
  }
  is("the CVC2", await open(await cvc({ cardExpiryDate: "3210" })), { cardVerificationCode: card.cvv });
  refused("another expiry", await cvc({ cardExpiryDate: "2101" }), 404, "INVALID_EXPIRY_DATE");
  refused("encrypted for another", await cvc({ cardExpiryDate: "3210" }, { key: keys.other }), 400, "CRYPTOGRAPHY_ERROR");
  refused("another encryption", await cvc({ cardExpiryDate: "3210" }, { jwe: { enc: "A128GCM" } }), 400, "CRYPTOGRAPHY_ERROR");
  refused("another algorithm", await cvc({ cardExpiryDate: "3210" }, { jwe: { alg: "RSA-OAEP" } }), 400, "CRYPTOGRAPHY_ERROR");
  refused("another kid", await cvc({ cardExpiryDate: "3210" }, { jwe: { kid: "other" } }), 400, "CRYPTOGRAPHY_ERROR");
  refused("another body than was signed", await cvc({ cardExpiryDate: "3210" }, { signed: () => "{}" }), 401, "AUTHENTICATION_FAILED");
  refused("no encryption", await cvc({}, { plain: '{"cardExpiryDate":"3210"}' }), 400, "cardExpiryDate is unknown");
  refused("another type", await cvc({ cardExpiryDate: "3210" }, { type: "text/plain" }), 415, "Content-Type");
}
