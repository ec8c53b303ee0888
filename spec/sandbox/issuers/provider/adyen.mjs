// docs.adyen.com/issuing/manage-card-data/reveal-card-details
import { createCipheriv } from "node:crypto";
import { openPkcs1, spki } from "../keys.mjs";
import { same } from "../request.mjs";

const TITLES = { 401: "Unauthorized", 403: "Forbidden", 422: "Invalid Payment Instrument information provided" };

export default function adyen({ config, card, keys }) {
  const refuse = (status, code = `00_${status}`, message) => ({ status, type: "application/problem+json",
    body: { type: "https://docs.adyen.com/errors", title: TITLES[status] ?? "Bad request", status, detail: message, errorCode: code } });

  function allow(request) {
    if (!same(request.header("x-api-key"), config.api_key)) request.refuse(401, "00_401", "Authorization required");
  }

  function publicKey(request) {
    allow(request);
    request.bare();
    if (request.only("purpose").purpose !== "panReveal") request.refuse(422, "30_001", "Invalid purpose");
    return { publicKey: spki(keys.issuer), publicKeyExpiryDate: "2099-12-31T00:00:00Z" };
  }

  function reveal(request) {
    allow(request);
    request.only();
    const { encryptedKey, paymentInstrumentId } = request.json({ encryptedKey: "string", paymentInstrumentId: "string" });
    if (!/^([0-9A-Fa-f]{2})+$/.test(encryptedKey)) request.refuse(422, "30_011", "encryptedKey is not hexadecimal");
    const key = openPkcs1(keys.issuer, Buffer.from(encryptedKey, "hex"));
    if (key?.length !== 32) request.refuse(422, "30_012", "The encrypted key cannot be used", key ? `an AES key of ${key.length} bytes` : "the padding is wrong");
    if (paymentInstrumentId === "missing") request.refuse(422, "30_031", "Payment instrument not found");
    const cipher = createCipheriv("aes-256-cbc", key, Buffer.alloc(16));
    const text = JSON.stringify({ cvc: card.cvv, expiration: { month: String(card.month).padStart(2, "0"), year: String(card.year) }, pan: card.number });
    return { encryptedData: (cipher.update(text, "utf8", "hex") + cipher.final("hex")).toUpperCase() };
  }

  return { refuse, routes: [["GET", "/publicKey", publicKey], ["POST", "/paymentInstruments/reveal", reveal]] };
}
