// node issuer.mjs FOLDER CERTIFICATE KEY: an issuer with what definitions have mechanisms for, over https on a port of its own; ends with its standard input.
// By node:crypto and jose, so that what it encrypts, decrypts and verifies is another program's work.
//
// Writes keys of the client to FOLDER, numbers.json (their private numbers, in hexadecimal digits), at last `port`. For each request it reads plan.json, what
// is secret in its answers, and writes seen.json: what only it and the client know, such as a session key.
import { createCipheriv, createHash, createHmac, createPublicKey, generateKeyPairSync, publicEncrypt, constants, randomBytes, verify } from "node:crypto";
import { createServer } from "node:https";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openJwe, openPkcs1, sealJwe } from "../sandbox/issuers/keys.mjs";
import { jose } from "../sandbox/issuers/jose.mjs";

const [folder, certificate, certificateKey] = process.argv.slice(2);
const file = (name) => join(folder, name);
const hex = (value) => Buffer.from(value).toString("hex");
const kinds = { rsa: ["rsa", { modulusLength: 2048 }], ec: ["ec", { namedCurve: "P-256" }], ed25519: ["ed25519", {}] };
const keys = {}, numbers = {};
for (const [name, how] of Object.entries(kinds)) {
  const { privateKey } = generateKeyPairSync(...how);
  const jwk = privateKey.export({ format: "jwk" });
  writeFileSync(file(`${name}.pem`), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  keys[name] = createPublicKey(privateKey);
  const secret = ["d", "p", "q", "dp", "dq", "qi"].filter((one) => jwk[one]);
  numbers[name] = Object.fromEntries(secret.map((one) => [one, hex(Buffer.from(jwk[one], "base64url"))]));
}
const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
writeFileSync(file("issuer.pem"), own.publicKey.export({ type: "spki", format: "pem" }));
writeFileSync(file("numbers.json"), JSON.stringify(numbers));

const sha256 = (text) => createHash("sha256").update(text).digest();

function cbc(key, iv, text) {
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  return Buffer.concat([cipher.update(text), cipher.final()]);
}

function gcm(key, text) {
  const iv = randomBytes(12), cipher = createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

const oaep = (text) => publicEncrypt({ key: keys.rsa, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, Buffer.from(text));
const pkcs1 = (text) => publicEncrypt({ key: keys.rsa, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text));
const refuse = (why) => { throw new Error(why); };
const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Verifies X-Signature over what the definitions sign. */
function signed(how) {
  return ({ plan, seen, request, body }) => {
    const bytes = Buffer.from(request.headers["x-signature"] ?? "", "base64");
    const over = `${request.method}\n${request.url}\n${plan.client_id ?? ""}\n${sha256(body).toString("hex")}`;
    if (!how(Buffer.from(over), bytes, plan)) refuse("the signature is another one");
    seen.signature = hex(bytes);
    return plan.card;
  };
}

/** By the first part of the path: function({ plan, seen, request, body }), which returns the answer. */
const mechanisms = {
  jwe: async ({ plan }) => sealJwe(text(plan.card), keys.rsa, { alg: "RSA-OAEP-256", enc: "A256GCM" }),
  ecdh: async ({ plan }) => sealJwe(text(plan.card), keys.ec, { alg: "ECDH-ES+A256KW", enc: "A128CBC-HS256" }),
  cut: async ({ plan }) => (await sealJwe(text(plan.card), keys.rsa, { alg: "RSA-OAEP-256", enc: "A256GCM" })).replace(/.{8}$/, "AAAAAAAA"),
  direct: async ({ plan }) => sealJwe(text(plan.card), Buffer.from(plan.bytes), { alg: "dir", enc: "A256GCM" }),
  locked: async ({ plan }) => sealJwe(text(plan.card), keys.rsa, { alg: "RSA-OAEP-256", enc: "A256GCM" }),
  key: ({ plan }) => ({ k: plan.bytes }),
  fetched: ({ plan }) => ({ data: cbc(plan.bytes, Buffer.alloc(16), text(plan.card)).toString("base64") }),
  callback: ({ plan, request }) => ({ url: `https://${request.headers.host}/called/${plan.token}?token=${plan.token}` }),
  called: ({ plan, request }) => (request.url === `/called/${plan.token}?token=${plan.token}` ? plan.card : refuse("another URL")),
  member: ({ plan }) => {
    const iv = randomBytes(16);
    return { data: Buffer.concat([iv, cbc(plan.bytes, iv, text(plan.card))]).toString("base64") };
  },
  padding: ({ plan }) => ({ data: cbc(plan.bytes, Buffer.alloc(16), text(plan.card)).subarray(0, -16).toString("base64") }),
  fields: ({ plan }) => ({ pan: oaep(plan.card.pan).toString("base64"), cvv: pkcs1(plan.card.cvv).toString("hex") }),
  wrapped: ({ plan, seen }) => {
    const key = randomBytes(32);
    seen.wrapped_key = hex(key);
    return { key: oaep(key).toString("base64"), payload: gcm(key, text(plan.card)).toString("base64") };
  },
  session: ({ plan, seen, body }) => {
    const key = openPkcs1(own.privateKey, Buffer.from(JSON.parse(body).key, "hex")) ?? refuse("no session key");
    seen.session = hex(key);
    return { data: cbc(key, Buffer.alloc(16), text(plan.card)).toString("base64") };
  },
  derived: ({ plan, seen }) => {
    const key = sha256(plan.secret_key);
    seen.derived = hex(key);
    return { data: cbc(key, Buffer.alloc(16), text(plan.card)).toString("base64") };
  },
  sealed: async ({ plan, body }) => {
    const opened = await openJwe(body, own.privateKey, "RSA-OAEP-256", "A256GCM");
    return opened && JSON.parse(opened.text).number === plan.number ? plan.card : refuse("the body cannot be decrypted");
  },
  member_sealed: ({ plan, body }) => {
    const number = openPkcs1(own.privateKey, Buffer.from(JSON.parse(body).number, "base64"));
    return number?.toString() === plan.number ? plan.card : refuse("the member cannot be decrypted");
  },
  hmac: signed((over, bytes, plan) => createHmac("sha256", plan.client_secret).update(over).digest().equals(bytes)),
  rsa: signed((over, bytes) => verify("sha256", over, keys.rsa, bytes)),
  pss: signed((over, bytes) => verify("sha512", over, { key: keys.rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, bytes)),
  ecdsa: signed((over, bytes) => verify("sha256", over, keys.ec, bytes)),
  ed25519: signed((over, bytes) => verify(null, over, keys.ed25519, bytes)),
  async jwt({ plan, seen, request }) {
    const [, token] = request.headers.authorization.split(" ");
    const { payload } = await jose.jwtVerify(token, keys.rsa, { algorithms: ["RS256"] });
    if (payload.iss !== plan.client_id) refuse("another issuer");
    seen.assertion = hex(token);
    return plan.card;
  },
  oauth1({ plan, seen, request }) {
    const [, signature] = /oauth_signature="([^"]+)"/.exec(request.headers.authorization);
    seen.signature = hex(Buffer.from(decodeURIComponent(signature), "base64"));
    return plan.card;
  },
  login: ({ plan, body }) => (JSON.parse(body).key === plan.client_secret ? { access_token: plan.token, expires_in: 3600 } : refuse("another key")),
  async grant({ plan, body }) {
    const { payload } = await jose.jwtVerify(JSON.parse(body).assertion, keys.rsa, { algorithms: ["RS256"] });
    return payload.iss === plan.client_id ? { access_token: plan.token, expires_in: 3600 } : refuse("another issuer");
  },
  oauth2({ plan, request }) {
    const given = Buffer.from(request.headers.authorization.replace("Basic ", ""), "base64").toString();
    return given === `${plan.client_id}:${plan.client_secret}` ? { access_token: plan.token, expires_in: 3600 } : refuse("another client");
  },
  bearer: ({ plan, request }) => (request.headers.authorization === `Bearer ${plan.token}` ? plan.card : refuse("another token")),
  step: ({ plan }) => ({ tokenId: plan.token }),
  stepped: ({ plan, request }) => (request.headers["x-card-token"] === plan.token ? plan.card : refuse("another token")),
  xml({ plan, body }) {
    if (!body.includes(`<Password>${plan.client_secret}</Password>`)) refuse("another password");
    return `<?xml version="1.0"?><Card pan="${plan.card.pan}"><cvv><![CDATA[${plan.card.cvv}]]></cvv></Card>`;
  },
  form: ({ plan }) => new URLSearchParams(plan.card).toString(),
  text: ({ plan }) => plan.card.pan,
};

async function answer(request, response) {
  const plan = JSON.parse(readFileSync(file("plan.json")));
  const seen = {}, parts = [];
  for await (const part of request) parts.push(part);
  const name = request.url.split(/[/?]/)[1];
  let status = 200, made;
  try {
    made = await mechanisms[name]({ plan, seen, request, body: Buffer.concat(parts).toString() });
  } catch (error) {
    [status, made] = [403, { message: error.message }];
  }
  if (Object.keys(seen).length) writeFileSync(file("seen.json"), JSON.stringify(seen));
  const body = text(made);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) }).end(body);
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(certificateKey), keepAliveTimeout: 600000 }, answer);
server.listen(0, "127.0.0.1", () => writeFileSync(file("port"), String(server.address().port)));
process.stdin.on("end", () => process.exit(0)).resume();
