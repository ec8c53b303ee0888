import { createDecipheriv, createHash } from "node:crypto";

export default async function ({ call, config, card, is, refused }) {
  const details = (id, headers = { "mono-sec-key": config.secret_key }) => call("GET", `/issuing/v1/cards/${id}`, { headers });
  const key = createHash("sha256").update(config.secret_key).digest("base64").substring(0, 32);
  function open(text) {
    const bytes = Buffer.from(text, "hex");
    const decipher = createDecipheriv("aes-256-cbc", key, bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString();
  }
  const { json: answer } = await details("c-1");
  is("the card", [open(answer.data.card_number), open(answer.data.cvv), answer.data.expiry_month, answer.data.expiry_year, answer.data.id],
    [card.number, card.cvv, "11", "2033", "c-1"]);
  is("an IV for each", (await details("c-1")).json.data.cvv === answer.data.cvv, false);
  refused("another key", await details("c-1", { "mono-sec-key": "other" }), 401, "failed");
  refused("no key", await details("c-1", {}), 401, "failed");
  refused("no card", await details("missing"), 404, "Card not found");
}
