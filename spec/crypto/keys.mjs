// The keys in keys.h, and C strings, for the other programs here.
import crypto from "node:crypto";
import fs from "node:fs";

/// C string literals of at most 100 characters each.
export const quote = (value) => JSON.stringify(value).match(/(\\.|[^\\]){1,100}/g).join("\"\n    \"");

/// A header with the text of a script's name in it.
export const header = (script, guard, body) => `/* Made by spec/crypto/${script} with Node ${process.versions.node} (OpenSSL ${process.versions.openssl}), by the keys in keys.h. */
#ifndef ${guard}
#define ${guard}

/* clang-format off */
${body}
/* clang-format on */

#endif`;

/// { name: { private, public } }
export function read() {
  const text = fs.readFileSync(new URL("keys.h", import.meta.url), "utf8");
  const list = text.slice(text.indexOf("keys_made[]"), text.indexOf("#define SIGNED_TEXT"));
  const keys = {};
  for (const [, entry] of list.matchAll(/\n {2}\{ ([^]*?) \},(?=\n)/g)) {
    const [name, pem] = entry.split(/,\n/).map((part) => part.match(/"(\\.|[^"\\])*"/g).map((literal) => JSON.parse(literal)).join(""));
    keys[name] = { private: crypto.createPrivateKey(pem), public: crypto.createPublicKey(pem) };
  }
  return keys;
}
