// modulr.readme.io/docs/authentication, …/reference/generatecardholdertoken, …/reference/getsecurecarddetails: errors are a list of messages
import { createHmac, randomBytes } from "node:crypto";
import { near, once, same, uuid } from "../request.mjs";

const AUTHORIZATION = /^keyId="([^"]+)",algorithm="hmac-sha1",headers="date x-mod-nonce",signature="([^"]+)"$/;
const CODES = { 400: "INVALID", 401: "PERMISSION", 403: "PERMISSION", 404: "NOTFOUND" };

export default function modulr({ config, card }) {
  const fresh = once();
  const tokens = new Map();
  const refuse = (status, code = CODES[status] ?? "GENERAL", message) => ({ status, body: [{ field: "request", code, message, sourceService: "sandbox" }] });

  function allow(request) {
    const date = request.header("date");
    const nonce = request.header("x-mod-nonce");
    const [, key, signature] = AUTHORIZATION.exec(request.authorization("Signature") ?? "")
      ?? request.refuse(403, undefined, "Authorization is malformed");
    if (!same(key, config.api_key)) request.refuse(403, undefined, "The key is unknown");
    if (!/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(date ?? "") || !near(Date.parse(date), 300)) {
      request.refuse(403, undefined, "Date is malformed or too far away");
    }
    const expected = createHmac("sha1", config.hmac_secret).update(`date: ${date}\nx-mod-nonce: ${nonce}`).digest("base64");
    if (!same(signature, encodeURIComponent(expected))) request.refuse(403, undefined, "The signature is wrong", `it is not that of ${date}, ${nonce}`);
    if (!uuid(nonce) || !fresh(nonce)) request.refuse(403, undefined, "x-mod-nonce is malformed or was used");
  }

  function secureDetailsToken(request, { id }) {
    allow(request);
    request.only();
    request.json({ "purpose?": (purpose) => purpose === "READ" });
    if (id === "missing") request.refuse(400, "NOTFOUND", "Card not found");
    const token = `eyJ0${randomBytes(48).toString("base64url")}`;
    tokens.set(token, Date.now() + (id === "expired" ? -1 : 60_000));
    return { token, encrypted: false };
  }

  function secureDetails(request) {
    const token = request.header("authorization");
    const until = tokens.get(token);
    tokens.delete(token);
    request.only();
    request.bare();
    if (request.headers["x-mod-nonce"]) request.refuse(400, undefined, "A signature is not for this call");
    if (!until) request.refuse(403, undefined, "The token is missing, unknown or was used");
    if (until < Date.now()) request.refuse(400, "TOKENEXPIRED", "The token is expired");
    return { pan: card.number, cvv2: card.cvv };
  }

  return { refuse, routes: [["POST", "/cards/{id}/secure-details-token", secureDetailsToken], ["GET", "/cards/secure-details", secureDetails]] };
}
