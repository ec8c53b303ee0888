// docs.antom.com/ac/aba/inquire_card_sensitive_info, docs.antom.com/ac/ams/api_fund: every answer is HTTP 200, with its outcome in `result`
import { constants, publicEncrypt, sign, verify } from "node:crypto";
import { near, same } from "../request.mjs";

const PATH = "/ams/api/v1/aba/cards/inquireCardSensitiveInfo";

export default function antom({ config, card, keys }) {
  const result = (resultCode, resultStatus, resultMessage) => ({ result: { resultCode, resultStatus, resultMessage } });
  const refuse = (status, code = "PARAM_ILLEGAL", message) => ({ status: 200, body: result(code, code === "UNKNOWN_EXCEPTION" ? "U" : "F", message) });

  /** The value of `signature` in a Signature header with this algorithm and version, or undefined. */
  function signature(header) {
    const parts = Object.fromEntries((header ?? "").split(",").map((part) => part.trim().split(/=(.*)/s, 2)));
    const fits = parts.algorithm === "RSA256" && parts.keyVersion === "1" && Object.keys(parts).length === 3;
    return fits && /^([A-Za-z0-9_.~-]|%[0-9A-F]{2})+$/.test(parts.signature ?? "") ? decodeURIComponent(parts.signature) : undefined;
  }

  function inquire(request) {
    const time = request.header("request-time");
    if (!same(request.header("client-id"), config.client_id)) request.refuse(401, "CLIENT_INVALID", "The client is invalid.");
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(time ?? "") || !near(Date.parse(time), 300)) {
      request.refuse(400, "PARAM_ILLEGAL", "Request-Time is missing, malformed or too old.");
    }
    const given = signature(request.header("signature"));
    const text = `POST ${request.fullPath}\n${config.client_id}.${time}.${request.text}`;
    if (!given || !verify("sha256", Buffer.from(text), keys.clientSigning, Buffer.from(given, "base64"))) {
      request.refuse(401, "INVALID_SIGNATURE", "The signature is invalid.");
    }
    request.only();
    const { assetId } = request.json({ assetId: "string" }, "application/json;charset=utf-8");
    if (assetId === "missing") request.refuse(404, "CARD_NOT_EXIST", "The card does not exist.");
    if (assetId === "declined") request.refuse(403, "RISK_REJECT", "Risk reject.");
    const cvv = publicEncrypt({ key: keys.clientEncryption, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(card.cvv)).toString("base64");
    const body = JSON.stringify({ ...result("SUCCESS", "S", "success."), assetId, cvv, cardNo: card.number,
      expiredMonth: String(card.month).padStart(2, "0"), expiredYear: String(card.year % 100) });
    const now = new Date().toISOString();
    const ours = sign("sha256", Buffer.from(`POST ${request.fullPath}\n${config.client_id}.${now}.${body}`), keys.issuer).toString("base64");
    return { body, type: "application/json;charset=UTF-8",
      headers: { "Client-Id": config.client_id, "Response-Time": now, Signature: `algorithm=RSA256,keyVersion=1,signature=${encodeURIComponent(ours)}` } };
  }

  return { refuse, routes: [["POST", PATH, inquire]] };
}
