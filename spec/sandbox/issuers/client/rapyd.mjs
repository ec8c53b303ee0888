import { createHmac, randomBytes } from "node:crypto";

export default async function ({ call, config, card, is, refused }) {
  function retrieve(id, { salt = randomBytes(6).toString("hex"), time = Math.floor(Date.now() / 1000), secret = config.secret_key, access = config.access_key,
    encode = (hex) => Buffer.from(hex).toString("base64"), method = "get", signed = `/rapyd/v1/issuing/cards/${id}` } = {}) {
    const digest = createHmac("sha256", secret).update(method + signed + salt + time + access + secret).digest("hex");
    return call("GET", `/v1/issuing/cards/${id}`, { headers: { access_key: access, salt, timestamp: String(time), signature: encode(digest) } });
  }
  const { status, data } = (await retrieve("ci_1")).json;
  is("the outcome", status.status, "SUCCESS");
  is("the card", [data.id, data.card_number, data.cvv, data.expiration_month, data.expiration_year], ["ci_1", card.number, card.cvv, "12", "29"]);
  const code = "UNAUTHENTICATED_API_CALL";
  refused("another secret", await retrieve("ci_1", { secret: "other" }), 401, code);
  refused("another access key", await retrieve("ci_1", { access: "other" }), 401, code);
  refused("an old timestamp", await retrieve("ci_1", { time: Math.floor(Date.now() / 1000) - 120 }), 401, code);
  refused("milliseconds", await retrieve("ci_1", { time: Date.now() }), 401, code);
  refused("another path", await retrieve("ci_1", { signed: "/rapyd/v1/issuing/cards/ci_2" }), 401, code);
  refused("the method in capitals", await retrieve("ci_1", { method: "GET" }), 401, code);
  refused("base64 of the bytes", await retrieve("ci_1", { encode: (hex) => Buffer.from(hex, "hex").toString("base64") }), 401, code);
  refused("a short salt", await retrieve("ci_1", { salt: "abc" }), 401, code);
  const salt = randomBytes(6).toString("hex");
  await retrieve("ci_1", { salt });
  refused("a salt for the second time", await retrieve("ci_1", { salt }), 401, code);
  refused("no card", await retrieve("missing"), 400, "ERROR_GET_ISSUED_CARD");
}
