// Writes keys.h: keys in all their forms, and signatures by them that are always the same, all made by Node's crypto. To make it anew, with other keys:
//   node spec/crypto/make_keys.mjs > spec/crypto/keys.h
import crypto from "node:crypto";
import { quote } from "./keys.mjs";

const kinds = {
  rsa: ["rsa", { modulusLength: 2048 }],
  p256: ["ec", { namedCurve: "P-256" }],
  p384: ["ec", { namedCurve: "P-384" }],
  p521: ["ec", { namedCurve: "P-521" }],
  ed25519: ["ed25519", {}],
  x25519: ["x25519", {}],
};
const text = "The quick brown fox jumps over the lazy dog";
const hex = (bytes) => quote(bytes.toString("hex"));
const entries = (list) => list.map((entry) => `  { ${entry} },`).join("\n");

const keys = Object.entries(kinds).map(([name, [type, options]]) => {
  const { privateKey, publicKey } = crypto.generateKeyPairSync(type, options);
  return {
    name,
    privateKey,
    pem: privateKey.export({ type: "pkcs8", format: "pem" }),
    jwk: JSON.stringify(privateKey.export({ format: "jwk" })),
    publicPem: publicKey.export({ type: "spki", format: "pem" }),
    publicJwk: JSON.stringify(publicKey.export({ format: "jwk" })),
  };
});
const key = (name) => keys.find((entry) => entry.name === name).privateKey;
const secret = Buffer.from("a secret that both sides know");
const made = [
  ...["sha1", "sha256", "sha384", "sha512"].map((name) => [`hmac-${name}`, "bytes", crypto.createHmac(name, secret).update(text).digest()]),
  ...["sha1", "sha256", "sha384", "sha512"].map((name) => [name, "", crypto.createHash(name).update(text).digest()]),
  ["rsa-sha256", "rsa", crypto.sign("sha256", text, key("rsa"))],
  ["rsa-sha512", "rsa", crypto.sign("sha512", text, key("rsa"))],
  ["ed25519", "ed25519", crypto.sign(null, text, key("ed25519"))],
];

console.log(`/* Made by spec/crypto/make_keys.mjs with Node ${process.versions.node} (OpenSSL ${process.versions.openssl}). The keys are for these specs alone. */
#ifndef CARDS_SPEC_KEYS_H
#define CARDS_SPEC_KEYS_H

/* clang-format off */
static const struct {
  const char *name, *pem, *jwk, *public_pem, *public_jwk;
} keys_made[] = {
${entries(keys.map((entry) => `"${entry.name}",\n    ${[entry.pem, entry.jwk, entry.publicPem, entry.publicJwk].map(quote).join(",\n    ")}`))}
};

#define SIGNED_TEXT ${quote(text)}
#define SIGNED_KEY  ${quote(secret.toString())} /* of "bytes" */

static const struct {
  const char *algorithm, *key, *hex;
} signatures_made[] = {
${entries(made.map(([algorithm, name, bytes]) => `"${algorithm}", "${name}",\n    ${hex(bytes)}`))}
};
/* clang-format on */

#endif`);
