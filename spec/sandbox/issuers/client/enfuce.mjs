import { constants, createPublicKey, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { spki } from "../keys.mjs";

export default async function ({ call, config, card, keys, is, refused }) {
  const right = { encryptionKey: spki(keys.encryption), encryptionMethod: "RSA_ECB_OAEP_SHA256_MGF1_2048", fields: ["PRIMARY_ACCOUNT_NUMBER", "EXPIRATION_DATE", "CVV2"] };
  const encrypt = (more = {}, headers = {}, id = "c-1") => call("POST", `/v1/cards/${id}/encrypt`, { body: JSON.stringify({ ...right, ...more }),
    headers: { Authorization: `Bearer ${config.token}`, "Content-Type": "application/json", ...headers } });
  const open = (text) => privateDecrypt({ key: keys.encryption, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, Buffer.from(text, "base64")).toString();
  const { json: answer } = await encrypt();
  is("the number", open(answer.primaryAccountNumber), card.number);
  is("the CVV2", open(answer.cvv2), card.cvv);
  is("the expiry", answer.expirationDate, "0633");
  is("only what is asked for", Object.keys((await encrypt({ fields: ["CVV2"] })).json), ["cvv2"]);
  refused("another token", await encrypt({}, { Authorization: "Bearer other" }), 401, "");
  refused("another method", await encrypt({ encryptionMethod: "RSA" }), 400, "encryptionMethod");
  refused("an unknown field", await encrypt({ fields: ["PIN"] }), 400, "fields");
  refused("a field that is no list", await encrypt({ fields: "CVV2" }), 400, "fields");
  refused("a short key", await encrypt({ encryptionKey: spki(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey) }), 400, "2048");
  refused("a PEM", await encrypt({ encryptionKey: createPublicKey(keys.encryption).export({ type: "spki", format: "pem" }) }), 400, "2048");
  refused("no card", await encrypt({}, {}, "missing"), 404, "Not Found");
  refused("another type", await encrypt({}, { "Content-Type": "application/x-www-form-urlencoded" }), 415, "Unsupported Media Type");
}
