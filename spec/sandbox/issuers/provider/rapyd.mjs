// docs.rapyd.net/en/retrieve-issued-card-details.html, …/request-signatures.html
import { createHmac, randomUUID } from "node:crypto";
import { near, once, same } from "../request.mjs";

export default function rapyd({ config, card }) {
  const fresh = once();
  const refuse = (status, code = status === 401 ? "UNAUTHENTICATED_API_CALL" : "INVALID_REQUEST", message) => ({ status,
    body: { status: { error_code: code, status: "ERROR", message, response_code: code, operation_id: randomUUID() } } });

  function allow(request) {
    const wrong = (why) => request.refuse(401, "UNAUTHENTICATED_API_CALL", "The API received a request with a wrong signature.", why);
    const salt = request.header("salt");
    const time = request.header("timestamp");
    if (!same(request.header("access_key"), config.access_key)) wrong("another access key");
    if (!/^\d{10}$/.test(time ?? "") || !near(time * 1000, 60)) wrong("the timestamp is malformed or too far away");
    const text = request.method.toLowerCase() + request.uri + salt + time + config.access_key + config.secret_key + request.text;
    const digest = createHmac("sha256", config.secret_key).update(text).digest("hex");
    if (!same(request.header("signature"), Buffer.from(digest).toString("base64"))) wrong("the signature is another one");
    if (!/^[A-Za-z0-9]{8,16}$/.test(salt ?? "") || !fresh(salt)) wrong("the salt is malformed or was used");
  }

  function retrieve(request, { id }) {
    allow(request);
    request.only();
    request.bare();
    if (id === "missing") request.refuse(400, "ERROR_GET_ISSUED_CARD", "The request tried to retrieve an issued card, but the card was not found.");
    const [first, last] = card.holder.split(" ");
    return {
      status: { error_code: "", status: "SUCCESS", message: "", response_code: "", operation_id: randomUUID() },
      data: {
        id, card_id: "card_of_the_sandbox", status: "ACT", card_program: "cardprog_sandbox", country_iso_alpha_2: "US", created_at: 1608023967,
        ewallet_contact: { id: "cont_sandbox", first_name: first, last_name: last, email: "john.doe@example.com", phone_number: "+14155551234", metadata: {} },
        card_number: card.number, cvv: card.cvv, expiration_month: String(card.month), expiration_year: String(card.year % 100), bin: card.number.slice(0, 6),
        sub_bin: "", blocked_reason: "",
      },
    };
  }

  return { refuse, routes: [["GET", "/v1/issuing/cards/{id}", retrieve]] };
}
