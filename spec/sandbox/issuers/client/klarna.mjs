import { createDecipheriv } from "node:crypto";
import { openPkcs1 } from "../keys.mjs";

export default async function ({ call, config, card, keys, is, refused }) {
  const basic = (password) => `Basic ${Buffer.from(`${config.username}:${password}`).toString("base64")}`;
  const settlement = (id, headers = {}) => call("GET", `/merchantcard/v3/settlements/order/${id}`,
    { headers: { Authorization: basic(config.password), KeyId: config.key_id, ...headers } });
  const { json: answer } = await settlement("o-1");
  const [one] = answer.cards;
  const decipher = createDecipheriv("aes-128-ctr", openPkcs1(keys.encryption, Buffer.from(one.aes_key, "base64")), Buffer.from(one.iv, "base64"));
  is("the card", JSON.parse(decipher.update(one.pci_data, "base64", "utf8") + decipher.final("utf8")),
    { pan: card.number, cvv: card.cvv, expiry_month: "08", expiry_year: "2030" });
  is("what is beside it", [answer.order_id, one.brand, one.holder], ["o-1", "VISA", card.holder]);
  is("another key opens nothing", openPkcs1(keys.other, Buffer.from(one.aes_key, "base64"))?.length === 16, false);
  is("a key for each call", (await settlement("o-1")).json.cards[0].iv === one.iv, false);
  refused("another password", await settlement("o-1", { Authorization: basic("other") }), 401, "UNAUTHORIZED");
  refused("another key id", await settlement("o-1", { KeyId: "other" }), 403, "ACCESS_DENIED");
  refused("no settlement", await settlement("missing"), 404, "NO_SUCH_ORDER");
  refused("a body", await call("GET", "/merchantcard/v3/settlements/order/o-1",
    { body: "{}", headers: { Authorization: basic(config.password), KeyId: config.key_id } }), 400, "BAD_VALUE");
}
