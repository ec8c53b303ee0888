// docs.klarna.com/merchant-card-service: the card under AES-128-CTR, its key under RSA PKCS #1 v1.5
import { constants, createCipheriv, publicEncrypt, randomBytes } from "node:crypto";
import { same } from "../request.mjs";

const CODES = { 400: "BAD_VALUE", 401: "UNAUTHORIZED", 403: "ACCESS_DENIED", 404: "NOT_FOUND" };

export default function klarna({ config, card, keys }) {
  const refuse = (status, code = CODES[status] ?? "INTERNAL", message) => ({ status,
    body: { error_code: code, error_messages: [message], correlation_id: "sandbox" } });

  function settlement(request, { id }) {
    const expected = Buffer.from(`${config.username}:${config.password}`).toString("base64");
    if (!same(request.authorization("Basic"), expected)) request.refuse(401, undefined, "Authorization is wrong");
    request.only();
    request.bare();
    if (!same(request.header("keyid"), config.key_id)) request.refuse(403, undefined, "The key is unknown");
    if (id === "missing") request.refuse(404, "NO_SUCH_ORDER", "There is no settlement for this order");
    const key = randomBytes(16);
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-128-ctr", key, iv);
    const text = JSON.stringify({ pan: card.number, cvv: card.cvv, expiry_month: String(card.month).padStart(2, "0"), expiry_year: String(card.year) });
    return {
      settlement_id: "b0ec0bbd-534c-4b1c-b28a-628bf33c3324", promise_id: "ee4a8e3a-9dfd-49e0-9ac8-ea2b6c76408c", order_id: id,
      cards: [{
        reference: "sandbox", card_id: "b846430c-3656-43a1-812e-2ccff4531b7d", amount: 10000, currency: "USD", brand: "VISA", holder: card.holder,
        pci_data: Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64"), iv: iv.toString("base64"),
        aes_key: publicEncrypt({ key: keys.clientEncryption, padding: constants.RSA_PKCS1_PADDING }, key).toString("base64"),
      }],
      created_at: "2018-12-03T10:26:06.000Z", expires_at: "2018-12-04T10:26:06.000Z",
    };
  }

  return { refuse, routes: [["GET", "/merchantcard/v3/settlements/order/{id}", settlement]] };
}
