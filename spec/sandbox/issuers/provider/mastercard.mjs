// developer.mastercard.com/mastercard-processing-core; OAuth 1.0a with body hash: developer.mastercard.com/platform/documentation/security-and-authentication
import { createHash, verify } from "node:crypto";
import { openJwe, sealJwe } from "../keys.mjs";
import { near, once, same } from "../request.mjs";

const PARTS = ["oauth_body_hash", "oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_version"];

/** Percent-encoding of RFC 5849. */
const escape = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export default function mastercard({ config, card, keys }) {
  const fresh = once();
  const refuse = (status, code = status === 401 ? "AUTHENTICATION_FAILED" : "INVALID_REQUEST", message) => ({ status,
    body: { Errors: { Error: [{ Source: status === 401 ? "Gateway" : "MASTERCARD PROCESSING", ReasonCode: code, Description: message, Recoverable: false }] } } });

  /** The parts of the Authorization header, each once and in quotes, as they were sent. */
  function oauth(request) {
    const parts = {};
    for (const part of (request.authorization("OAuth") ?? "").split(",")) {
      const [, name, value] = /^\s*(\w+)="((?:[\w.~!+/=-]|%[0-9A-F]{2})*)"\s*$/.exec(part) ?? [];
      if (!name || name in parts) request.refuse(401, undefined, "Authorization is malformed");
      parts[name] = value;
    }
    if (Object.keys(parts).sort().join() !== PARTS.join()) request.refuse(401, undefined, "Authorization lacks a part, or has one too many");
    return parts;
  }

  function allow(request) {
    const sent = oauth(request);
    const parts = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, decodeURIComponent(value)]));
    const wrong = (why) => request.refuse(401, "AUTHENTICATION_FAILED", "The signature is invalid", why);
    if (!same(parts.oauth_consumer_key, config.consumer_key)) wrong("another consumer key");
    if (parts.oauth_signature_method !== "RSA-SHA256" || parts.oauth_version !== "1.0") wrong("another method or version");
    if (!/^\d{10}$/.test(parts.oauth_timestamp) || !near(parts.oauth_timestamp * 1000, 300)) wrong("the timestamp is too far away");
    if (!/^[\w-]{8,64}$/.test(parts.oauth_nonce) || !fresh(parts.oauth_nonce)) wrong("the nonce is malformed or was used");
    if (parts.oauth_body_hash !== createHash("sha256").update(request.body).digest("base64")) wrong("the body hash is another one");
    const url = new URL(request.origin + request.fullPath); // without the port where it is the usual one
    // Mastercard's own clients percent-encode no part but the signature, others do: what is signed is what was sent, of the query as well
    const { oauth_signature: _, ...rest } = sent;
    const pairs = [...request.query.split("&").filter(Boolean), ...Object.entries(rest).map((pair) => pair.join("="))].sort();
    const text = [request.method, url.origin + request.fullPath, pairs.join("&")].map(escape).join("&");
    if (!verify("sha256", Buffer.from(text), keys.clientSigning, Buffer.from(parts.oauth_signature, "base64"))) wrong(`the signature is not that of ${text}`);
  }

  const seal = async (value) => ({
    encryptedData: await sealJwe(JSON.stringify(value), keys.clientEncryption, { alg: "RSA-OAEP-256", enc: "A256GCM", cty: "application/json" }),
  });

  function known(request, id) {
    if (id === "missing") request.refuse(404, "CARD_CONTRACT_NOT_FOUND", "There is no such card contract.");
    if (id === "account") request.refuse(400, "NOT_CARD_CONTRACT", `Contract with id ${id} is not a card.`);
  }

  const expiry = `${card.year % 100}${String(card.month).padStart(2, "0")}`;

  async function contract(request, { id }) {
    allow(request);
    request.bare();
    const all = { cardContractNumber: card.number, cardExpiryDate: expiry, cardContractId: id };
    const fields = (request.only("fields").fields ?? Object.keys(all).join()).split(",");
    if (fields.some((name) => !(name in all))) request.refuse(400, "INVALID_FIELD", "A field is unknown.");
    known(request, id);
    return seal(Object.fromEntries(fields.map((name) => [name, all[name]])));
  }

  async function cvc(request, { id }) {
    allow(request);
    request.only();
    const { encryptedData } = request.json({ encryptedData: "string" });
    const opened = await openJwe(encryptedData, keys.issuer, "RSA-OAEP-256", "A256GCM");
    if (!opened) request.refuse(400, "CRYPTOGRAPHY_ERROR", "The payload cannot be decrypted.");
    const { kid, cty } = opened.header;
    if (!same(kid, config.encryption_key_id) || cty !== "application/json") request.refuse(400, "CRYPTOGRAPHY_ERROR", "kid or cty is wrong.");
    const { cardExpiryDate } = request.object(opened.text, { cardExpiryDate: "string" });
    known(request, id);
    if (cardExpiryDate !== expiry) request.refuse(404, "INVALID_EXPIRY_DATE", `Expiry date ${cardExpiryDate} does not match for contract ${id}.`);
    return seal({ cardVerificationCode: card.cvv });
  }

  return { refuse, routes: [["GET", "/cards/{id}", contract], ["POST", "/cards/{id}/card-verification-codes/searches", cvc]] };
}
