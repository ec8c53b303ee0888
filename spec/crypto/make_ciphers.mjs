// Writes ciphers.h: texts that Node's crypto encrypted in all the ways in which cipher.h lays them out.
//   node spec/crypto/make_ciphers.mjs > spec/crypto/ciphers.h
import crypto from "node:crypto";
import { header, quote, read } from "./keys.mjs";

const keys = read();
const plain = "{\"pan\":\"4111111111111111\",\"cvv\":\"123\"}";
const encode = { base64: (bytes) => bytes.toString("base64"), base64url: (bytes) => bytes.toString("base64url"), hex: (bytes) => bytes.toString("hex") };
const encodings = Object.keys(encode);
const cases = [];
const add = (cipher, key, iv, tag, encoding, text, ivText = "", tagText = "") => cases.push({ cipher, key, iv, tag, encoding, text, ivText, tagText });

const paddings = {
  "rsa-pkcs1": { padding: crypto.constants.RSA_PKCS1_PADDING },
  "rsa-oaep": { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
  "rsa-oaep-sha256": { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
};
for (const [name, options] of Object.entries(paddings))
  for (const encoding of encodings)
    add(name, "", "BESIDE", "BESIDE", encoding, encode[encoding](crypto.publicEncrypt({ key: keys.rsa.public, ...options }, Buffer.from(plain))));

let turn = 0;
for (const mode of ["cbc", "ctr", "ecb", "gcm"])
  for (const bits of [128, 192, 256])
    for (const ivPlace of mode === "ecb" ? ["BESIDE"] : ["BESIDE", "PREFIX", "SUFFIX", "ZERO"])
      for (const tagPlace of mode === "gcm" ? ["BESIDE", "PREFIX", "SUFFIX"] : ["BESIDE"]) {
        const encoding = encodings[turn++ % 3];
        const key = crypto.randomBytes(bits / 8);
        const ivBytes = mode === "gcm" ? (ivPlace === "BESIDE" && bits === 192 ? 16 : 12) : 16;
        const iv = ivPlace === "ZERO" ? Buffer.alloc(ivBytes) : crypto.randomBytes(ivBytes);
        const cipher = crypto.createCipheriv(`aes-${bits}-${mode}`, key, mode === "ecb" ? null : iv);
        let text = Buffer.concat([cipher.update(plain), cipher.final()]);
        const tag = mode === "gcm" ? cipher.getAuthTag() : Buffer.alloc(0);
        if (tagPlace === "PREFIX") text = Buffer.concat([tag, text]);
        if (tagPlace === "SUFFIX") text = Buffer.concat([text, tag]);
        if (ivPlace === "PREFIX") text = Buffer.concat([iv, text]);
        if (ivPlace === "SUFFIX") text = Buffer.concat([text, iv]);
        add(turn % 2 ? `aes-${mode}` : `aes-${bits}-${mode}`, key.toString("hex"), ivPlace, tagPlace, encoding, encode[encoding](text),
          ivPlace === "BESIDE" && mode !== "ecb" ? encode[encoding](iv) : "", mode === "gcm" && tagPlace === "BESIDE" ? encode[encoding](tag) : "");
      }

console.log(header("make_ciphers.mjs", "CARDS_SPEC_CIPHERS_H", `#include "crypto/cipher.h"

#define CIPHER_PLAIN ${quote(plain)}

static const struct {
  const char *cipher, *key; /* hexadecimal; "" for the RSA key in keys.h */
  enum cipher_place iv, tag;
  enum encoding encoding;
  const char *text, *iv_text, *tag_text;
} ciphers_made[] = {
${cases.map((made) => `  { "${made.cipher}", "${made.key}", CIPHER_${made.iv}, CIPHER_${made.tag}, ENCODING_${made.encoding.toUpperCase()},
    ${quote(made.text)}, "${made.ivText}", "${made.tagText}" },`).join("\n")}
};`));
