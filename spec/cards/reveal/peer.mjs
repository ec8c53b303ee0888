// Whom something is sealed for, as another program: Node's WebCrypto, and jose, which spec/support/deps has installed.
// peer.mjs FILE: the file has a list of requests as JSON; the answers are written as another, each { … } or { "error": "…" }. Bytes are in base64.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { open } from "./webcrypto.mjs";

const jose = createRequire(`${process.cwd()}/build/node/`)("jose");
const { subtle } = crypto;
process.removeAllListeners("warning"); // X25519 is new in Node 20

const kinds = {
  "P-256": [{ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"]],
  X25519: [{ name: "X25519" }, ["deriveBits"]],
  RSA: [{ name: "RSA-OAEP", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]) }, ["decrypt"]],
};
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const pem = (bytes) => `-----BEGIN PUBLIC KEY-----\n${base64(bytes).replace(/.{1,64}/g, "$&\n")}-----END PUBLIC KEY-----\n`;

const answers = {
  /// A key pair as a browser makes it.
  async key({ kind, bits }) {
    const [algorithm, uses] = kinds[kind];
    const pair = await subtle.generateKey({ ...algorithm, modulusLength: bits }, true, kind === "RSA" ? ["encrypt", "decrypt"] : uses);
    return {
      jwk: await subtle.exportKey("jwk", pair.publicKey),
      pem: pem(await subtle.exportKey("spki", pair.publicKey)),
      private: await subtle.exportKey("jwk", pair.privateKey),
    };
  },

  async webcrypto({ jwe, private: jwk, kind }) {
    const [algorithm, uses] = kinds[kind];
    const { text, header } = await open(jwe, await subtle.importKey("jwk", jwk, algorithm, false, uses));
    return { text: base64(text), header };
  },

  async jose({ jwe, private: jwk, alg }) {
    const key = await jose.importJWK(jwk, alg);
    const { plaintext, protectedHeader } = await jose.compactDecrypt(jwe, key, { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: ["A256GCM"] });
    return { text: base64(plaintext), header: protectedHeader };
  },

  async make({ text, public: jwk, alg, header }) {
    const key = await jose.importJWK(jwk, alg);
    return { jwe: await new jose.CompactEncrypt(Buffer.from(text, "base64")).setProtectedHeader({ alg, enc: "A256GCM", ...header }).encrypt(key) };
  },
};

const made = [];
for (const { do: what, ...request } of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  try {
    made.push(await answers[what](request));
  } catch (error) {
    made.push({ error: `${error.name} ${error.code ?? ""} ${error.message}` });
  }
}
process.stdout.write(JSON.stringify(made));
