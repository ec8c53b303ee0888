// developer.visa.com/pages/working-with-visa-apis/x-pay-token, …/pages/encryption_guide, github.com/visa/mcp
import { createHmac } from "node:crypto";
import { openJwe, sealJwe } from "../keys.mjs";
import { near, once, same, uuid } from "../request.mjs";

export default function visa({ config, card, keys }) {
  const fresh = once();
  const refuse = (status, code = "invalidRequest", message) => ({ status, body: { errorResponse: { status, reason: code, message } } });

  function allow(request) {
    const wrong = (why) => request.refuse(401, "invalidCredentials", "Token validation failed", why);
    const [, time, digest] = /^xv2:(\d{10}):([0-9a-f]{64})$/.exec(request.header("x-pay-token") ?? "") ?? wrong("x-pay-token is missing or malformed");
    if (!near(time * 1000, 480)) wrong("x-pay-token is too old");
    if (!same(request.only("apikey").apikey, config.api_key)) wrong("another API key");
    const text = time + request.path.slice(1) + request.query + request.text; // the path behind /vacp/
    if (digest !== createHmac("sha256", config.shared_secret).update(text).digest("hex")) wrong("the digest is another one");
  }

  async function credentials(request, { id }) {
    allow(request);
    if (!same(request.header("keyid"), config.key_id)) request.refuse(400, "invalidKeyId", "keyId is unknown");
    const requestId = request.header("x-request-id");
    if (!uuid(requestId) || !fresh(requestId)) request.refuse(400, "invalidRequestId", "x-request-id is missing, malformed or was used");
    const { encData } = request.json({ encData: "string" });
    const opened = await openJwe(encData, keys.issuer, "RSA-OAEP-256", "A128GCM");
    if (!opened) request.refuse(400, "decryptionError", "The payload cannot be decrypted");
    if (!same(opened.header.kid, config.key_id) || !near(opened.header.iat, 480)) request.refuse(400, "decryptionError", "kid or iat is wrong");
    const { clientReferenceId } = request.object(opened.text, { tokenId: "string", clientReferenceId: uuid });
    if (id === "missing") request.refuse(404, "dataNotFound", "The instruction was not found");
    const text = JSON.stringify({ instructionId: id, clientReferenceId, status: "APPROVED",
      tokenInfo: { token: card.number, expirationDate: { month: String(card.month).padStart(2, "0"), year: String(card.year) } },
      dynamicData: [{ dynamicDataValue: card.cvv, dynamicDataType: "DYNAMIC_CARD_VERIFICATION_VALUE" }] });
    const header = { alg: "RSA-OAEP-256", enc: "A128GCM", kid: config.key_id, iat: Date.now() };
    return { encData: await sealJwe(text, keys.clientEncryption, header) };
  }

  return { refuse, routes: [["POST", "/v1/instructions/{id}/credentials", credentials]] };
}
