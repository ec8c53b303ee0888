// kulipa.readme.io/reference/generatepantoken: a token that is good for one use, and the URL where it is
import { randomBytes } from "node:crypto";
import { near, once, same } from "../request.mjs";

export default function kulipa({ config, card }) {
  const tokens = new Map(); // by the last part of their URL
  const fresh = once();
  const refuse = (status, code = "bad_request", message) => ({ status, body: { code, message } });

  function token(request, { id }) {
    if (!same(request.header("x-api-key"), config.api_key)) request.refuse(401, "unauthorized", "The API key is invalid");
    request.only();
    const { walletSignature, queriedAt } = request.json({ walletSignature: "string", queriedAt: Number.isInteger });
    // whose wallet it is cannot be known here: the form of 65 bytes, a time that is near, and each only once
    if (!/^0x[0-9a-f]{130}$/i.test(walletSignature) || !fresh(walletSignature)) request.refuse(403, "invalid_signature", "The wallet signature is invalid");
    if (!near(queriedAt, 60)) request.refuse(403, "expired_signature", "The wallet signature is too old");
    if (id === "missing") request.refuse(404, "card_not_found", "Card not found");
    const way = randomBytes(16).toString("hex");
    const tokenId = randomBytes(24).toString("base64url");
    tokens.set(way, { tokenId, id });
    const host = id === "elsewhere" ? "https://elsewhere.example" : request.origin;
    return { status: 201, body: { tokenId, callbackUrl: `${host}/kulipa/callback/pan/${way}?v=1` } };
  }

  function reveal(request, { way }) {
    if (request.headers["x-api-key"]) request.refuse(400, "unexpected_credential", "The key is not for this host");
    if (request.only("v").v !== "1") request.refuse(400, "bad_request", "The URL was changed");
    const { tokenId } = request.json({ tokenId: "string" });
    const known = tokens.get(way);
    tokens.delete(way);
    if (!known || !same(tokenId, known.tokenId)) request.refuse(403, "token_invalid", "The token is unknown or was used");
    return {
      creationTime: 1547573554173, modifiedTime: 1547573554173, id: known.id, cardNumber: "card-number-of-the-sandbox", panFirst6: card.number.slice(0, 6),
      panLast4: card.number.slice(-4), type: "virtual", state: "active", sequenceNumber: 1, cardProfileName: "sandbox-card", pinFailCount: 0, reissue: false,
      expiry: `${card.year}${String(card.month).padStart(2, "0")}`, customerNumber: "customer-of-the-sandbox", embossedName: card.holder, pan: card.number,
      cvv2: card.cvv,
    };
  }

  return { refuse, routes: [["POST", "/cards/{id}/pan-token", token], ["POST", "/callback/pan/{way}", reveal]] };
}
