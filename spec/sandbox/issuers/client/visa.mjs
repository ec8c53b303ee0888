import { createHmac, randomUUID } from "node:crypto";
import { openJwe, sealJwe } from "../keys.mjs";

export default async function ({ call, config, card, keys, is, refused }) {
  const encrypted = { alg: "RSA-OAEP-256", enc: "A128GCM", kid: config.key_id, iat: Date.now() };
  async function credentials(id, { key = keys.certificate, jwe = {}, secret = config.shared_secret, time = Math.floor(Date.now() / 1000), api = config.api_key, headers = {},
    signed = (body) => body, value, resource = `v1/instructions/${id}/credentials` } = {}) {
    const text = JSON.stringify(value ?? { tokenId: "token-1", clientReferenceId: randomUUID() });
    const body = JSON.stringify({ encData: await sealJwe(text, key, { ...encrypted, ...jwe }) });
    const digest = createHmac("sha256", secret).update(`${time}${resource}apikey=${api}${signed(body)}`).digest("hex");
    return call("POST", `/v1/instructions/${id}/credentials?apikey=${api}`, { body, headers: { "Content-Type": "application/json", keyId: config.key_id,
      "x-request-id": randomUUID(), "x-pay-token": `xv2:${time}:${digest}`, ...headers } });
  }
  const answer = await credentials("i-1");
  const opened = JSON.parse((await openJwe(answer.json.encData, keys.encryption, "RSA-OAEP-256", "A128GCM")).text);
  is("the card", [opened.instructionId, opened.tokenInfo.token, opened.dynamicData[0].dynamicDataValue, opened.tokenInfo.expirationDate],
    ["i-1", card.number, card.cvv, { month: "03", year: "2032" }]);
  refused("another secret", await credentials("i-1", { secret: "other" }), 401, "invalidCredentials");
  refused("another API key", await credentials("i-1", { api: "other" }), 401, "invalidCredentials");
  refused("an old time", await credentials("i-1", { time: Math.floor(Date.now() / 1000) - 600 }), 401, "invalidCredentials");
  refused("the whole path signed", await credentials("i-1", { resource: "/visa/v1/instructions/i-1/credentials" }), 401, "invalidCredentials");
  refused("another body than was signed", await credentials("i-1", { signed: () => "" }), 401, "invalidCredentials");
  refused("no x-pay-token", await credentials("i-1", { headers: { "x-pay-token": "" } }), 401, "invalidCredentials");
  refused("another key id", await credentials("i-1", { headers: { keyId: "other" } }), 400, "invalidKeyId");
  const once = { headers: { "x-request-id": randomUUID() } };
  await credentials("i-1", once);
  refused("a request id for the second time", await credentials("i-1", once), 400, "invalidRequestId");
  refused("encrypted for another", await credentials("i-1", { key: keys.other }), 400, "decryptionError");
  refused("another encryption", await credentials("i-1", { jwe: { enc: "A256GCM" } }), 400, "decryptionError");
  refused("no iat", await credentials("i-1", { jwe: { iat: undefined } }), 400, "decryptionError");
  refused("iat in seconds", await credentials("i-1", { jwe: { iat: Math.floor(Date.now() / 1000) } }), 400, "decryptionError");
  refused("another kid", await credentials("i-1", { jwe: { kid: "other" } }), 400, "decryptionError");
  refused("no token id", await credentials("i-1", { value: { clientReferenceId: randomUUID() } }), 400, "tokenId");
  refused("no instruction", await credentials("missing"), 404, "dataNotFound");
  refused("another type", await credentials("i-1", { headers: { "Content-Type": "text/plain" } }), 415, "Content-Type");
}
