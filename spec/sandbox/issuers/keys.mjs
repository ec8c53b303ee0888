// The keys that spec/sandbox/certs made, and what node:crypto and jose do with them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, createPrivateKey, createPublicKey, privateDecrypt } from "node:crypto";
import { jose } from "./jose.mjs";

/** @param folder of the sandbox's keys */
export function read(folder) {
  const text = (name) => readFileSync(join(folder, name), "utf8");
  return {
    issuer: createPrivateKey(text("issuer.pem")), // the provider's own
    clientSigning: createPublicKey(text("client_signing.pub.pem")), // what a client has told the provider
    clientEncryption: createPublicKey(text("client_encryption.pub.pem")),
  };
}

/** Base64 of the DER of a key's public half. */
export const spki = (key) => (key.type === "public" ? key : createPublicKey(key)).export({ type: "spki", format: "der" }).toString("base64");

/** RSA PKCS #1 v1.5 opened; undefined where the padding is wrong. Node itself does not any more. */
export function openPkcs1(key, bytes) {
  let block;
  try {
    block = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes);
  } catch {
    return undefined;
  }
  const end = block.indexOf(0, 2);
  return block[0] === 0 && block[1] === 2 && end >= 10 ? block.subarray(end + 1) : undefined;
}

/** Opens a compact JWE with one algorithm and one encryption. @return { header, text }, or undefined */
export async function openJwe(token, key, alg, enc) {
  try {
    const { plaintext, protectedHeader } = await jose.compactDecrypt(token, key, { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] });
    return { header: protectedHeader, text: new TextDecoder("utf8", { fatal: true }).decode(plaintext) };
  } catch {
    return undefined;
  }
}

/** A compact JWE. @param header { alg, enc, … } */
export const sealJwe = (text, key, header) => new jose.CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(key);
