import { constants, createDecipheriv, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";

const json = { "Content-Type": "application/json" };

/** A key and an example of it, from the test of Adyen's own code samples. */
const SAMPLE = {
  key: "14B784F0F287070F962F8A24A854CEC0AF3BC73C2358C3F6D1CA5992FC59AB61",
  text: "4332F74A329924703EB12A6D5E7D6076D94018073FD3C07B551640D73630C3FBAD84BF7FEB9F7FA8145F83CD3258BEC80B9355B013724B2B661EE21A873F37DA"
    + "2C170D6A4B15DB0C6CA8033FE65BB57542DF7974E133BADD6F39FCEA049000BF",
};

function open(key, text) {
  const decipher = createDecipheriv("aes-256-cbc", key, Buffer.alloc(16));
  return JSON.parse(decipher.update(text, "hex", "utf8") + decipher.final("utf8"));
}

export default async function ({ call, config, card, is, refused }) {
  is("the sample", open(Buffer.from(SAMPLE.key, "hex"), SAMPLE.text), { cvc: "607", expiration: { month: "12", year: "2023" }, pan: "5168800000001065" });

  const auth = { "X-API-Key": config.api_key };
  const told = await call("GET", "/publicKey?purpose=panReveal", { headers: auth });
  const publicKey = createPublicKey({ key: Buffer.from(told.json.publicKey, "base64"), format: "der", type: "spki" });
  refused("no key", await call("GET", "/publicKey?purpose=panReveal"), 401, "00_401");
  refused("another purpose", await call("GET", "/publicKey?purpose=pinReveal", { headers: auth }), 422, "30_001");

  const reveal = (body, headers = {}) => call("POST", "/paymentInstruments/reveal", { headers: { ...json, ...auth, ...headers }, body: JSON.stringify(body) });
  const wrap = (key, padding = constants.RSA_PKCS1_PADDING) => publicEncrypt({ key: publicKey, padding }, key).toString("hex");
  const key = randomBytes(32);
  const { json: answer } = await reveal({ encryptedKey: wrap(key), paymentInstrumentId: "PI1" });
  const expected = { cvc: card.cvv, expiration: { month: "03", year: String(card.year) }, pan: card.number };
  is("the card", open(key, answer.encryptedData), expected);
  const right = { encryptedKey: wrap(key), paymentInstrumentId: "PI1" };
  refused("another credential", await reveal(right, { "X-API-Key": "other" }), 401, "00_401");
  refused("a short AES key", await reveal({ ...right, encryptedKey: wrap(randomBytes(16)) }), 422, "30_012");
  refused("OAEP", await reveal({ ...right, encryptedKey: wrap(key, constants.RSA_PKCS1_OAEP_PADDING) }), 422, "30_012");
  refused("base64", await reveal({ ...right, encryptedKey: Buffer.from(wrap(key), "hex").toString("base64") }), 422, "30_011");
  refused("an unknown member", await reveal({ ...right, more: 1 }), 400, "more is unknown");
  refused("a missing member", await reveal({ encryptedKey: right.encryptedKey }), 400, "paymentInstrumentId");
  refused("no card", await reveal({ ...right, paymentInstrumentId: "missing" }), 422, "30_031");
  refused("another type", await reveal(right, { "Content-Type": "text/plain" }), 415, "00_415");
  refused("another Accept", await reveal(right, { Accept: "text/html" }), 406, "00_406");
  refused("another method", await call("GET", "/paymentInstruments/reveal", { headers: auth }), 405, "00_405");
}
