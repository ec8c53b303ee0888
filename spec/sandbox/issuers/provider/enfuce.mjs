// docs.enfuce.com/payment/api/get-card/get-card-payment-info, as MyCore has it: POST /v1/cards/{id}/encrypt
import { constants, createPublicKey, publicEncrypt, randomUUID } from "node:crypto";
import { same } from "../request.mjs";

const TITLES = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 415: "Unsupported Media Type" };
const NAMES = { PRIMARY_ACCOUNT_NUMBER: "primaryAccountNumber", EXPIRATION_DATE: "expirationDate", CVV2: "cvv2" };

export default function enfuce({ config, card }) {
  const problem = (status, detail) => ({ type: "about:blank", title: TITLES[status] ?? "Internal Server Error", status, detail, instance: "/v1/cards",
    id: randomUUID(), timestamp: new Date().toISOString() });
  const refuse = (status, _, detail) => ({ status, type: "application/problem+json", body: status === 401 ? undefined : problem(status, detail) });

  /** The RSA key of at least 2048 bits that a text is, in base64 of its SPKI, or undefined. */
  function publicKey(text) {
    try {
      const key = createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
      return /^[A-Za-z0-9+/]+=*$/.test(text) && key.asymmetricKeyType === "rsa" && key.asymmetricKeyDetails.modulusLength >= 2048 ? key : undefined;
    } catch {
      return undefined;
    }
  }

  function encrypt(request, { id }) {
    if (!same(request.authorization("Bearer"), config.token)) request.refuse(401, undefined, "Unauthorized");
    request.only();
    const known = (list) => Array.isArray(list) && list.length > 0 && new Set(list).size === list.length && list.every((name) => name in NAMES);
    const wanted = request.json({ encryptionKey: "string", encryptionMethod: (method) => method === "RSA_ECB_OAEP_SHA256_MGF1_2048", fields: known,
      "sequenceNumber?": (n) => Number.isInteger(n) && n >= 1 });
    const key = publicKey(wanted.encryptionKey);
    if (!key) request.refuse(400, undefined, "encryptionKey is not a public key of 2048 bits");
    if (id === "missing") request.refuse(404, undefined, "Entity not found - Card");
    const seal = (text) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, Buffer.from(text)).toString("base64");
    const all = { PRIMARY_ACCOUNT_NUMBER: seal(card.number), CVV2: seal(card.cvv), EXPIRATION_DATE: `${String(card.month).padStart(2, "0")}${card.year % 100}` };
    return Object.fromEntries(wanted.fields.map((name) => [NAMES[name], all[name]]));
  }

  return { refuse, routes: [["POST", "/v1/cards/{id}/encrypt", encrypt]] };
}
