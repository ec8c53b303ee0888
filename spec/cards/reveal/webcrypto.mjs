// Opens a compact JWE as a page in a browser does: with nothing but crypto.subtle. RFC 7516, RFC 7518 sections 4.3 and 4.6, RFC 8037.

const utf8 = new TextEncoder();

export function bytesOf(base64url) {
  if (!/^[A-Za-z0-9_-]*$/.test(base64url)) throw new Error("no base64url");
  return Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

/// A number of four bytes, the first of which is the highest.
const number = (value) => new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);

const concat = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

/// Concat KDF: one round of SHA-256 makes the 256 bits that A256GCM needs.
async function derive(agreed) {
  const name = utf8.encode("A256GCM"), none = number(0);
  const hashed = concat(number(1), new Uint8Array(agreed), number(name.length), name, none, none, number(256));
  return crypto.subtle.digest("SHA-256", hashed);
}

/// The key of the text. `key` is a private CryptoKey: of ECDH P-256 or X25519 with deriveBits, or of RSA-OAEP with SHA-256 and decrypt.
async function contentKey(header, wrapped, key) {
  if (header.alg === "RSA-OAEP-256") return crypto.subtle.decrypt("RSA-OAEP", key, bytesOf(wrapped));
  if (header.alg !== "ECDH-ES" || wrapped !== "") throw new Error("another alg");
  const { name, namedCurve } = key.algorithm;
  const epk = await crypto.subtle.importKey("jwk", header.epk, { name, namedCurve }, true, []);
  return derive(await crypto.subtle.deriveBits({ name, public: epk }, key, 256));
}

/// { text, header } of a JWE; rejects where anything of it was changed or the key is another one.
export async function open(jwe, key) {
  const [protectedHeader, wrapped, iv, text, tag] = jwe.split(".");
  const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(protectedHeader)));
  if (header.enc !== "A256GCM" || "zip" in header || "crit" in header) throw new Error("another enc");
  const content = await crypto.subtle.importKey("raw", await contentKey(header, wrapped, key), "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: bytesOf(iv), additionalData: utf8.encode(protectedHeader) };
  return { text: new Uint8Array(await crypto.subtle.decrypt(how, content, concat(bytesOf(text), bytesOf(tag)))), header };
}
