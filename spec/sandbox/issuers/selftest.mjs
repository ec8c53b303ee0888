// node selftest.mjs DIR: do the stand-ins of the sandbox in DIR do what their pages say? A client of its own for each, in client/: what is asked rightly is
// answered and can be decrypted; what is asked wrongly is refused in the provider's form. Prints what differs and `N passed, N failed`.
import { readFileSync, readdirSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

const folder = process.argv[2];
const env = Object.fromEntries(readFileSync(join(folder, "env"), "utf8").split("\n").map((line) => line.split(/=(.*)/s, 2)));
const about = JSON.parse(readFileSync(new URL("issuers.json", import.meta.url)));
const ca = readFileSync(join(folder, "ca.pem"));
const text = (name) => readFileSync(join(folder, "keys", name), "utf8");
const keys = {
  signing: createPrivateKey(text("client_signing.pem")), encryption: createPrivateKey(text("client_encryption.pem")), other: createPrivateKey(text("other.pem")),
  issuer: createPublicKey(text("issuer.pub.pem")), certificate: createPublicKey(text("issuer.cert.pem")),
};
let passed = 0;
let failed = 0;

function told(name, fits, got, wanted) {
  if (fits) passed += 1;
  else {
    failed += 1;
    console.log(`not ok - ${name}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  }
}

/** Sends a request. @return { status, headers, text, json } */
function send(method, url, { headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const sent = request(url, { method, ca, headers: { Accept: "application/json", ...headers, ...length } }, async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      const answer = Buffer.concat(parts).toString();
      const json = /json/.test(response.headers["content-type"] ?? "") && /^[{[]/.test(answer) ? JSON.parse(answer) : undefined;
      resolve({ status: response.statusCode, headers: response.headers, text: answer, json });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

for (const file of readdirSync(new URL("client/", import.meta.url)).sort()) {
  const name = file.replace(".mjs", "");
  const base = `${env.HTTPS_URL}/${name}`;
  const { default: run } = await import(`./client/${file}`);
  await run({
    config: about[name].config, card: about[name].card, keys, base, send,
    call: (method, path, options) => send(method, base + path, options),
    /** A member of an answer is this. */
    is: (what, got, wanted) => told(`${name}: ${what}`, isDeepStrictEqual(got, wanted), got, wanted),
    /** An answer has this status and this text in its body. */
    refused: (what, { status, text: body }, wanted, part) => told(`${name}: ${what}`, status === wanted && body.includes(part), [status, body], [wanted, part]),
  });
  const missing = await send("GET", `${base}/no/such/path`);
  told(`${name}: another path`, missing.status === 404 || /PARAM_ILLEGAL/.test(missing.text), missing, 404);
}
for (const name of Object.keys(about)) told(`${name} has a client`, readdirSync(new URL("client/", import.meta.url)).includes(`${name}.mjs`), name, name);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
