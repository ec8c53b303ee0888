// www.airwallex.com/docs/api: Authentication, Issuing
import { randomBytes } from "node:crypto";
import { same } from "../request.mjs";

const LIFE = 30 * 60;

export default function airwallex({ config, card }) {
  const tokens = new Map();
  const refuse = (status, code = status === 401 ? "unauthorized" : "validation_failed", message) => ({ status, body: { code, message, source: "" } });

  function login(request) {
    request.only();
    if (request.body.length && request.text !== "{}") request.refuse(400, "invalid_argument", "Unexpected body");
    if (!same(request.header("x-client-id"), config.client_id) || !same(request.header("x-api-key"), config.api_key)) {
      request.refuse(401, "credentials_invalid", "UNAUTHORIZED [Invalid clientID or API key]");
    }
    const token = `ey${randomBytes(48).toString("base64url")}`;
    const until = Date.now() + LIFE * 1000;
    tokens.set(token, until);
    return { status: 201, body: { token, expires_at: new Date(until).toISOString().replace(/\.\d+Z$/, "+0000") } };
  }

  function details(request, { id }) {
    const until = tokens.get(request.authorization("Bearer"));
    if (!(until > Date.now())) request.refuse(401, "credentials_invalid", "Access token is invalid");
    request.only();
    request.bare();
    if (id === "missing") request.refuse(404, "not_found", "Card not found");
    return { card_number: card.number, cvv: card.cvv, expiry_month: card.month, expiry_year: card.year, name_on_card: card.holder };
  }

  return { refuse, routes: [["POST", "/api/v1/authentication/login", login], ["GET", "/api/v1/issuing/cards/{id}/details", details]] };
}
