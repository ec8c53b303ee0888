// node spec/fault/make_sealed.mjs >spec/fault/sealed.lua: encrypted answers of the mechanisms in spec/memcheck/mechanisms.lua, and the keys of a client.
import { constants, createCipheriv, createHash, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from "node:crypto";
import { sealJwe } from "../sandbox/issuers/keys.mjs";

const card = JSON.stringify({ pan: "4111111111111111", cvv: "123" }), bytes = "k".repeat(32), secret = "s".repeat(40);
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }), ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed25519 = generateKeyPairSync("ed25519");
const pem = (key) => key.export({ type: key.type === "private" ? "pkcs8" : "spki", format: "pem" });

function aes(name, key, iv, text) {
  const cipher = createCipheriv(name, key, iv);
  const whole = Buffer.concat([cipher.update(text), cipher.final()]);
  return name.endsWith("gcm") ? Buffer.concat([iv, whole, cipher.getAuthTag()]) : whole;
}

const oaep = (text) => publicEncrypt({ key: rsa.publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, Buffer.from(text));
const pkcs1 = (text) => publicEncrypt({ key: rsa.publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text));
const iv = randomBytes(16), none = Buffer.alloc(16), derived = createHash("sha256").update(secret).digest();
const jwe = await sealJwe(card, rsa.publicKey, { alg: "RSA-OAEP-256", enc: "A256GCM" });
const answers = {
  jwe,
  cut: jwe.replace(/.{8}$/, "AAAAAAAA"),
  ecdh: await sealJwe(card, ec.publicKey, { alg: "ECDH-ES+A256KW", enc: "A128CBC-HS256" }),
  direct: await sealJwe(card, Buffer.from(bytes), { alg: "dir", enc: "A256GCM" }),
  locked: jwe,
  fetched: JSON.stringify({ k: bytes, data: aes("aes-256-cbc", bytes, none, card).toString("base64") }),
  member: JSON.stringify({ data: Buffer.concat([iv, aes("aes-256-cbc", bytes, iv, card)]).toString("base64") }),
  padding: JSON.stringify({ data: aes("aes-256-cbc", bytes, none, card).subarray(0, -16).toString("base64") }),
  fields: JSON.stringify({ pan: oaep("4111111111111111").toString("base64"), cvv: pkcs1("123").toString("hex") }),
  wrapped: JSON.stringify({ key: oaep(bytes).toString("base64"),
    payload: aes("aes-256-gcm", bytes, randomBytes(12), card).toString("base64") }),
  derived: JSON.stringify({ data: aes("aes-256-cbc", derived, none, card).toString("base64") }),
  session: JSON.stringify({ data: none.toString("base64") }),
  xml: '<Card pan="@"><cvv>123</cvv></Card>',
  form: "pan=@&cvv=123",
};
const given = {
  rsa: pem(rsa.privateKey), ec: pem(ec.privateKey), ed25519: pem(ed25519.privateKey), locked: rsa.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: secret }),
  issuer: pem(createPublicKey(rsa.privateKey)),
  bytes: Buffer.from(bytes).toString("base64"), text: secret, plain: secret,
};

const table = (name, values) => `  ${name} = {\n${Object.entries(values).map(([key, text]) => `    ${key} = [[${text}]],\n`).join("")}  },`;
console.log(`-- Made by spec/fault/make_sealed.mjs with Node ${process.versions.node}. The keys are for this spec alone.
-- luacheck: no max line length
return {
${table("given", given)}
${table("answers", answers)}
}`);
