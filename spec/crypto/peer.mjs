// Another program's eyes on what src/crypto makes, and its hands for what src/crypto opens: Node's crypto, and jose, which spec/support/deps has installed.
// A request is a line of JSON, and so is the answer: { "result": … } or { "error": "…" }.
import crypto from "node:crypto";
import { createRequire } from "node:module";
import readline from "node:readline";

const jose = createRequire(`${process.cwd()}/build/node/`)("jose");
const another = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;

/// Of a JWK or a PEM. jose takes bytes as they are.
function key(text, makes) {
  if (!text.startsWith("{")) return makes ? crypto.createPublicKey(text) : crypto.createPrivateKey(text);
  const jwk = JSON.parse(text);
  if (jwk.kty === "oct") return Buffer.from(jwk.k, "base64url");
  return makes ? crypto.createPublicKey({ key: jwk, format: "jwk" }) : crypto.createPrivateKey({ key: jwk, format: "jwk" });
}

const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING, RSA_PKCS1_PSS_PADDING } = crypto.constants;
const paddings = {
  "rsa-pkcs1": { padding: RSA_PKCS1_PADDING },
  "rsa-oaep": { padding: RSA_PKCS1_OAEP_PADDING, oaepHash: "sha1" },
  "rsa-oaep-sha256": { padding: RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
};

/// The padded message of RSA, as Node refuses to take PKCS#1's off.
function unpad({ text, ...request }) {
  const padded = crypto.privateDecrypt({ key: key(request.key), padding: crypto.constants.RSA_NO_PADDING }, Buffer.from(text, "base64"));
  const end = padded.indexOf(0, 2);
  if (padded[0] !== 0 || padded[1] !== 2 || end < 10) throw new Error("no padding");
  return padded.subarray(end + 1);
}

const answers = {
  async jwe_make({ alg, enc, form, text, header, aad, apu, apv, ...request }) {
    const to = key(request.key, true), plain = Buffer.from(text);
    const parties = apu ? { apu: Buffer.from(apu), apv: Buffer.from(apv) } : {};
    if (form === "compact")
      return new jose.CompactEncrypt(plain).setProtectedHeader({ alg, enc, ...header }).setKeyManagementParameters(parties).encrypt(to);
    if (form === "general") {
      const many = new jose.GeneralEncrypt(plain).setProtectedHeader({ enc });
      if (aad) many.setAdditionalAuthenticatedData(Buffer.from(aad));
      many.addRecipient(another).setUnprotectedHeader({ alg: "RSA-OAEP-256", kid: "another" });
      many.addRecipient(to).setUnprotectedHeader({ alg, ...header });
      return JSON.stringify(await many.encrypt());
    }
    const flat = new jose.FlattenedEncrypt(plain).setProtectedHeader({ alg }).setSharedUnprotectedHeader({ enc, ...header });
    if (aad) flat.setAdditionalAuthenticatedData(Buffer.from(aad));
    return JSON.stringify(await flat.setKeyManagementParameters(parties).encrypt(to));
  },

  async jwe_open({ text, ...request }) {
    const { plaintext, protectedHeader } = await jose.compactDecrypt(text, key(request.key));
    return { text: Buffer.from(plaintext).toString(), header: JSON.stringify(protectedHeader) };
  },

  async jwt({ alg, token, ...request }) {
    const { payload, protectedHeader } = await jose.jwtVerify(token, key(request.key, true), { algorithms: [alg] });
    return { claims: JSON.stringify(payload), header: JSON.stringify(protectedHeader) };
  },

  verify({ algorithm, text, signature, ...request }) {
    const [, kind, digest, raw] = algorithm.match(/^(rsa-pss|rsa|ecdsa|ed25519)-?(sha\d+)?(-raw)?$/);
    const options = { key: key(request.key, true), dsaEncoding: raw ? "ieee-p1363" : "der" };
    if (kind === "rsa-pss") Object.assign(options, { padding: RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST });
    return crypto.verify(digest ?? null, Buffer.from(text), options, Buffer.from(signature, "base64"));
  },

  decrypt({ cipher, iv, tag, text, ...request }) {
    if (cipher === "rsa-pkcs1") return unpad({ text, ...request }).toString();
    if (paddings[cipher]) return crypto.privateDecrypt({ key: key(request.key), ...paddings[cipher] }, Buffer.from(text, "base64")).toString();
    const open = crypto.createDecipheriv(cipher, key(request.key), cipher.endsWith("ecb") ? null : Buffer.from(iv, "base64"));
    if (cipher.endsWith("gcm")) open.setAuthTag(Buffer.from(tag, "base64"));
    return Buffer.concat([open.update(Buffer.from(text, "base64")), open.final()]).toString();
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { do: what, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = { result: await answers[what](request) };
  } catch (error) {
    answer = { error: `${error.code ?? ""} ${error.message}` };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
