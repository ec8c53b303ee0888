import { constants, privateDecrypt, sign, verify } from "node:crypto";
import { openPkcs1 } from "../keys.mjs";

const PATH = "/ams/api/v1/aba/cards/inquireCardSensitiveInfo";

export default async function ({ call, config, card, keys, is, refused }) {
  const full = `/antom${PATH}`;
  function inquire({ id = "asset-1", time = new Date().toISOString().replace(/\.\d+/, ""), key = keys.signing, method = "POST", client = config.client_id,
    headers = {}, change = (body) => body, value = (text) => `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(text)}` } = {}) {
    const body = JSON.stringify({ assetId: id });
    const signature = sign("sha256", Buffer.from(`${method} ${full}\n${client}.${time}.${body}`), key).toString("base64");
    return call("POST", PATH, { body: change(body), headers: { "Content-Type": "application/json; charset=UTF-8", "Client-Id": client, "Request-Time": time,
      Signature: value(signature), ...headers } });
  }
  const answer = await inquire();
  const { cvv, ...plain } = answer.json;
  is("the card", plain, { result: { resultCode: "SUCCESS", resultStatus: "S", resultMessage: "success." }, assetId: "asset-1", cardNo: card.number,
    expiredMonth: "05", expiredYear: "32" });
  is("the CVV", openPkcs1(keys.encryption, Buffer.from(cvv, "base64"))?.toString(), card.cvv);
  const ours = decodeURIComponent(/signature=(.+)$/.exec(answer.headers.signature)[1]);
  const text = `POST ${full}\n${config.client_id}.${answer.headers["response-time"]}.${answer.text}`;
  is("the answer's signature", verify("sha256", Buffer.from(text), keys.issuer, Buffer.from(ours, "base64")), true);
  refused("another key", await inquire({ key: keys.other }), 200, "INVALID_SIGNATURE");
  refused("another method signed", await inquire({ method: "GET" }), 200, "INVALID_SIGNATURE");
  refused("another body", await inquire({ change: (body) => `${body} ` }), 200, "INVALID_SIGNATURE");
  refused("no percent-encoding", await inquire({ value: (text) => `algorithm=RSA256,keyVersion=1,signature=${text}==` }), 200, "INVALID_SIGNATURE");
  refused("another version", await inquire({ value: (text) => `algorithm=RSA256,keyVersion=2,signature=${encodeURIComponent(text)}` }), 200, "INVALID_SIGNATURE");
  refused("an old time", await inquire({ time: "2026-01-01T00:00:00Z" }), 200, "PARAM_ILLEGAL");
  refused("a time in seconds", await inquire({ time: String(Math.floor(Date.now() / 1000)) }), 200, "PARAM_ILLEGAL");
  refused("another client", await inquire({ client: "other" }), 200, "CLIENT_INVALID");
  refused("another type", await inquire({ headers: { "Content-Type": "application/json" } }), 200, "PARAM_ILLEGAL");
  refused("no card", await inquire({ id: "missing" }), 200, "CARD_NOT_EXIST");
  refused("a refusal", await inquire({ id: "declined" }), 200, "RISK_REJECT");
  is("OAEP does not open it", (() => {
    try {
      return privateDecrypt({ key: keys.encryption, padding: constants.RSA_PKCS1_OAEP_PADDING }, Buffer.from(cvv, "base64")).toString();
    } catch {
      return undefined;
    }
  })(), undefined);
}
