import { createHmac, randomUUID } from "node:crypto";

export default async function ({ call, config, card, is, refused }) {
  function token(id, { date = new Date().toUTCString(), nonce = randomUUID(), secret = config.hmac_secret, encode = encodeURIComponent, headers = {}, body = '{"purpose":"READ"}',
    text = `date: ${date}\nx-mod-nonce: ${nonce}`, key = config.api_key } = {}) {
    const signature = encode(createHmac("sha1", secret).update(text).digest("base64"));
    return call("POST", `/cards/${id}/secure-details-token`, { body, headers: { "Content-Type": "application/json", Date: date, "x-mod-nonce": nonce,
      Authorization: `Signature keyId="${key}",algorithm="hmac-sha1",headers="date x-mod-nonce",signature="${signature}"`, ...headers } });
  }
  const details = (value, headers = {}) => call("GET", "/cards/secure-details", { headers: { Authorization: value, ...headers } });

  const { json: first } = await token("V1");
  is("not encrypted", first.encrypted, false);
  is("the card", (await details(first.token)).json, { pan: card.number, cvv2: card.cvv });
  refused("a token for the second time", await details(first.token), 403, "PERMISSION");
  refused("no token", await details("other"), 403, "PERMISSION");
  refused("a scheme", await details(`Bearer ${(await token("V1")).json.token}`), 403, "PERMISSION");
  refused("an expired token", await details((await token("expired")).json.token), 400, "TOKENEXPIRED");
  is("errors are a list", Array.isArray((await details("other")).json), true);

  refused("another secret", await token("V1", { secret: "other" }), 403, "PERMISSION");
  refused("another key", await token("V1", { key: "other" }), 403, "PERMISSION");
  refused("an old date", await token("V1", { date: "Fri, 04 Aug 2017 10:10:20 GMT" }), 403, "PERMISSION");
  refused("a date of another form", await token("V1", { date: new Date().toISOString() }), 403, "PERMISSION");
  refused("no percent-encoding", await token("V1", { encode: (signature) => signature }), 403, "PERMISSION");
  refused("another text", await token("V1", { text: "date: now" }), 403, "PERMISSION");
  const nonce = randomUUID();
  await token("V1", { nonce });
  refused("a nonce for the second time", await token("V1", { nonce }), 403, "PERMISSION");
  refused("a nonce of another form", await token("V1", { nonce: "NONCE" }), 403, "PERMISSION");
  refused("another purpose", await token("V1", { body: '{"purpose":"UPDATE"}' }), 400, "INVALID");
  refused("no card", await token("missing"), 400, "NOTFOUND");
  refused("another type", await token("V1", { headers: { "Content-Type": "text/plain" } }), 415, "GENERAL");
}
