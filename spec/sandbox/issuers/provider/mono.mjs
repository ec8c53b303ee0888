// docs.mono.co/docs/issuing-card-decryption
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { same } from "../request.mjs";

export default function mono({ config, card }) {
  const refuse = (status, _, message) => ({ status, body: { status: "failed", message } });

  function details(request, { id }) {
    if (!same(request.header("mono-sec-key"), config.secret_key)) request.refuse(401, undefined, "Invalid secret key");
    request.only();
    request.bare();
    if (id === "missing") request.refuse(404, undefined, "Card not found");
    const key = createHash("sha256").update(config.secret_key).digest("base64").substring(0, 32);
    const seal = (text) => {
      const iv = randomBytes(16);
      const cipher = createCipheriv("aes-256-cbc", key, iv);
      return Buffer.concat([iv, cipher.update(text), cipher.final()]).toString("hex");
    };
    return {
      status: "successful", message: "Card retrieved",
      data: { id, status: "active", brand: "visa", name_on_card: card.holder, last_four: card.number.slice(-4), card_number: seal(card.number),
        cvv: seal(card.cvv), expiry_month: String(card.month).padStart(2, "0"), expiry_year: String(card.year) },
    };
  }

  return { refuse, routes: [["GET", "/issuing/v1/cards/{id}", details]] };
}
