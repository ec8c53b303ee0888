import { randomBytes } from "node:crypto";

export default async function ({ call, send, config, card, base, is, refused }) {
  const json = { "Content-Type": "application/json" };
  const signature = () => `0x${randomBytes(65).toString("hex")}`;
  const token = (id, more = {}, headers = {}) => call("POST", `/cards/${id}/pan-token`, { headers: { ...json, "x-api-key": config.api_key, ...headers },
    body: JSON.stringify({ walletSignature: signature(), queriedAt: Date.now(), ...more }) });
  const reveal = (url, tokenId, headers = {}) => send("POST", url, { headers: { ...json, ...headers }, body: JSON.stringify({ tokenId }) });

  const first = (await token("c-1")).json;
  is("where the URL leads", first.callbackUrl.startsWith(`${base}/callback/`), true);
  const { json: answer } = await reveal(first.callbackUrl, first.tokenId);
  is("the card", [answer.pan, answer.cvv2, answer.expiry, answer.id, answer.embossedName], [card.number, card.cvv, "203109", "c-1", card.holder]);
  refused("a token for the second time", await reveal(first.callbackUrl, first.tokenId), 403, "token_invalid");
  const second = (await token("c-1")).json;
  refused("another token", await reveal(second.callbackUrl, first.tokenId), 403, "token_invalid");
  refused("after a wrong token", await reveal(second.callbackUrl, second.tokenId), 403, "token_invalid");
  const third = (await token("c-1")).json;
  refused("a changed URL", await reveal(third.callbackUrl.replace("v=1", "v=2"), third.tokenId), 400, "changed");
  refused("the key at the callback", await reveal(third.callbackUrl, third.tokenId, { "x-api-key": config.api_key }), 400, "unexpected_credential");

  refused("another key", await token("c-1", {}, { "x-api-key": "other" }), 401, "unauthorized");
  refused("a signature of another form", await token("c-1", { walletSignature: "0x12" }), 403, "invalid_signature");
  const used = signature();
  await token("c-1", { walletSignature: used });
  refused("a signature for the second time", await token("c-1", { walletSignature: used }), 403, "invalid_signature");
  refused("an old signature", await token("c-1", { queriedAt: Date.now() - 120_000 }), 403, "expired_signature");
  refused("seconds", await token("c-1", { queriedAt: Math.floor(Date.now() / 1000) }), 403, "expired_signature");
  refused("no card", await token("missing"), 404, "card_not_found");
  is("a host that is nobody's", new URL((await token("elsewhere")).json.callbackUrl).host, "elsewhere.example");
}
