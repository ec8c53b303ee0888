// examples/reveal in a browser when somebody means ill, or something goes wrong: nothing is shown, a clear text says why, and the next request is served.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { CompactEncrypt, importJWK } from "../../build/node/node_modules/jose/dist/node/esm/index.js";
import { assertAccessible } from "./support/accessible.mjs";
import { sandbox, served } from "./support/server.mjs";
import { button, card, show, signIn, startShop, told } from "./support/shop.mjs";
import { it } from "./support/spec.mjs";

const shop = await startShop("reveal-attack");
const CARD = { number: "5555555555554444", cvv: "999", exp_month: 12, exp_year: 2031 };

/** Asks in the place of the browser, with its cookie: { status, text }. */
async function asked(visit, path, body, headers = {}) {
  const cookie = (await visit.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const answer = await fetch(shop.origin + path, {
    method: "POST", headers: { "Content-Type": "application/json", Origin: shop.origin, Cookie: cookie, ...headers }, body,
  });
  return { status: answer.status, text: await answer.text() };
}

/** A page whose POST /reveal/card is answered by `answer({ jwk, nonce, card }, body)`: a JWE, or { status, body }, or nothing for the endpoint itself. */
async function between(visit, answer) {
  const page = await signIn(visit, shop);
  await page.setRequestInterception(true);
  page.on("request", async (request) => {
    if (!request.url().endsWith("/reveal/card")) return request.continue();
    const given = await answer(JSON.parse(request.postData()), request.postData());
    if (given === undefined) return request.continue();
    const { status = 200, body = given, postData } = given;
    if (postData) return request.continue({ postData });
    return request.respond({ status, contentType: "application/jose", headers: { Date: new Date().toUTCString() }, body });
  });
  return page;
}

const now = () => Math.floor(Date.now() / 1000);

/** Seals as the endpoint does, but for what `header` says otherwise, or another `card`. */
async function sealed({ jwk, nonce }, header = {}, card = CARD) {
  const protect = { alg: "ECDH-ES", enc: "A256GCM", audience: shop.origin, purpose: "show_card", nonce, iat: now(), exp: now() + 60, ...header };
  const key = await importJWK(jwk, protect.alg);
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(card))).setProtectedHeader(protect).encrypt(key);
}

async function fails(page, code, text) {
  await button(page, "Show details").click();
  await told(page, code);
  const said = await card(page);
  assert.match(said.alert, text);
  assert.match(said.number, /^•••• •••• •••• 1111/);
  assert.deepEqual(await page.heard(), [code]);
}

it("what npm's jose seals is shown, so that the refusals below are for what they change", async (visit) => {
  const page = await between(visit, (request) => sealed(request));
  await show(page);
  const { number, expiry, cvv } = await card(page);
  assert.deepEqual([number, expiry, cvv], ["5555 5555 5555 4444", "12/31", "999"]);
});

// One character of a part becomes another.
const changed = (jwe, part) =>
  jwe.split(".").map((text, i) => (i === part ? text.slice(0, 5) + (text[5] === "A" ? "B" : "A") + text.slice(6) : text)).join(".");

for (const [part, name] of [[0, "header"], [2, "initialization vector"], [3, "ciphertext"], [4, "tag"]]) {
  it(`the endpoint's own answer with another ${name} is refused`, async (visit) => {
    const page = await between(visit, async (_, body) => changed((await asked(visit, "/reveal/card", body)).text, part));
    await fails(page, "tampered", /changed on its way/);
  });
}

it("a header that was changed in what it says is refused", async (visit) => {
  const page = await between(visit, async (request) => {
    const [header, ...rest] = (await sealed(request, { exp: now() + 60 })).split(".");
    const other = { ...JSON.parse(Buffer.from(header, "base64url")), exp: now() + 600 };
    return [Buffer.from(JSON.stringify(other)).toString("base64url"), ...rest].join(".");
  });
  await fails(page, "tampered", /changed on its way/);
});

it("what is sealed for another key is refused", async (visit) => {
  const { publicKey } = await webcrypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const jwk = await webcrypto.subtle.exportKey("jwk", publicKey);
  await fails(await between(visit, ({ nonce }) => sealed({ jwk, nonce })), "tampered", /not for this browser/);
});

for (const [what, header, code, text] of [
  ["for another audience", () => ({ audience: "https://other.example" }), "audience", /another site/],
  ["for another request", () => ({ nonce: "0".repeat(32) }), "replayed", /another request/],
  ["for another purpose", () => ({ purpose: "pay" }), "replayed", /another request/],
  ["that has expired", () => ({ iat: now() - 120, exp: now() - 60 }), "expired", /too late/],
  ["with another enc", () => ({ enc: "A128GCM" }), "tampered", /changed on its way/],
  ["with another alg", () => ({ alg: "ECDH-ES+A256KW" }), "tampered", /changed on its way/],
]) {
  it(`a JWE ${what} is refused`, async (visit) => fails(await between(visit, (request) => sealed(request, header())), code, text));
}

for (const [what, body] of [["no JWE", "hello"], ["nothing", ""], ["a JWE with no key in it", `${Buffer.from("{}").toString("base64url")}....`]]) {
  it(`an answer that is ${what} is refused`, async (visit) => fails(await between(visit, () => ({ body })), "tampered", /changed on its way/));
}

for (const [what, card] of [
  ["without a number", { ...CARD, number: undefined }],
  ["without a security code", { ...CARD, cvv: null }],
  ["whose number is an object", { ...CARD, number: { toString: "4" } }],
  ["without an expiry", { ...CARD, exp_month: undefined }],
  ["whose year is no number", { ...CARD, exp_year: "<b>31</b>" }],
]) {
  it(`a card ${what} is not shown`, async (visit) => fails(await between(visit, (request) => sealed(request, {}, card)), "service", /cannot be shown/));
}

it("what is HTML in a card is text", async (visit) => {
  const page = await between(visit, (request) => sealed(request, {}, { ...CARD, number: "<img/src=/x>", cvv: "<b>9</b>" }));
  await show(page);
  const { number, cvv } = await card(page);
  assert.deepEqual([number, cvv], ["<img /src =/x>", "<b>9</b>"]);
  assert.equal(await page.evaluate(() => document.querySelector("card-reveal").shadowRoot.querySelector("dd img, dd b")), null);
});

it("a nonce can be used once", async (visit) => {
  visit.expect(/status of 409/);
  let first;
  const page = await between(visit, async (request, body) => {
    first = await asked(visit, "/reveal/card", body); // somebody is faster
    return { postData: body };
  });
  await fails(page, "nonce", /used before/);
  assert.equal(first.status, 200);
});

it("of many that use a nonce at the same time one is served", async (visit) => {
  let statuses;
  visit.expect(/status of 409/);
  const page = await between(visit, async (_, body) => {
    statuses = (await Promise.all(Array.from({ length: 12 }, () => asked(visit, "/reveal/card", body)))).map(({ status }) => status);
    return { postData: body };
  });
  await fails(page, "nonce", /used before/);
  assert.deepEqual(statuses.sort(), [200, ...Array(11).fill(409)]);
});

it("a nonce of another session is none", async (visit) => {
  visit.expect(/status of 409/);
  await signIn(visit, shop, { user: "Ben" });
  const { nonce } = JSON.parse((await asked(visit, "/reveal/nonce", "{}")).text);
  await visit.context.deleteCookie(...(await visit.context.cookies()));
  const page = await between(visit, (request) => ({ postData: JSON.stringify({ ...request, nonce }) }));
  await fails(page, "nonce", /used before/);
});

it("a session that has ended shows nothing", async (visit) => {
  visit.expect(/status of 401/);
  const page = await signIn(visit, shop);
  const other = await visit.page();
  await other.goto(shop.origin, { waitUntil: "networkidle0" });
  await Promise.all([other.waitForNavigation(), button(other, "Sign out").click()]);
  await page.bringToFront();
  await fails(page, "session", /session has ended/);
  assert.deepEqual((await assertAccessible(page)).map(({ name }) => name), ["Sign out", "Show details"]);
  await visit.picture(page, "reveal refused");
});

it("another user's card is not shown", async (visit) => {
  visit.expect(/status of 404/);
  const page = await signIn(visit, shop);
  await page.$eval("card-reveal", (element) => element.setAttribute("card", "c_2"));
  await fails(page, "unknown", /no such card in your account/);
});

for (const [status, code, text] of [
  [400, "request", /not understood/],
  [403, "forbidden", /may not be shown/],
  [502, "service", /cannot be shown/],
  [503, "service", /cannot be shown/],
]) {
  it(`where the endpoint answers ${status} it says so, and nothing of the answer`, async (visit) => {
    visit.expect(new RegExp(`status of ${status}`));
    const page = await between(visit, () => ({ status, body: '{"message":"internal 10.0.0.7"}' }));
    await fails(page, code, text);
    assert.doesNotMatch((await card(page)).alert, /internal/);
  });
}

it("where the browser has no WebCrypto, as over http elsewhere, it asks for nothing", async (visit) => {
  const page = await signIn(visit, shop, { before: (tab) => tab.evaluateOnNewDocument(() => delete Crypto.prototype.subtle) });
  await fails(page, "insecure", /not secure/);
  assert.deepEqual(visit.exchanges.filter(({ url }) => url.endsWith("/reveal/nonce")), []);
});

it("without a connection it says so", async (visit) => {
  visit.expect(/ERR_INTERNET_DISCONNECTED/);
  const page = await signIn(visit, shop);
  await page.setOfflineMode(true);
  await fails(page, "network", /no connection/);
});

it("a body of 10 MB is refused, and the next request is served", async (visit) => {
  visit.expect(/status of 413/);
  const page = await signIn(visit, shop);
  assert.equal(await page.evaluate(() => fetch("/reveal/card", { method: "POST", headers: { "Content-Type": "application/json" }, body: "a".repeat(1e7) })
    .then((answer) => answer.text().then(() => answer.status))), 413);
  await show(page);
  assert.equal((await card(page)).number, "4111 1111 1111 1111");
});

it("a page elsewhere can neither ask nor show the page in a frame", async (visit) => {
  visit.expect(/^policy: frame-ancestors/);
  visit.expect(/^console: .*frame-ancestors/);
  await signIn(visit, shop);
  assert.equal((await asked(visit, "/reveal/nonce", "{}", { Origin: "https://other.example" })).status, 403);
  await served(`<!doctype html><title>A</title><iframe src="${shop.origin}/login"></iframe>`, async (url) => {
    const page = await visit.page();
    await page.goto(url, { waitUntil: "networkidle0" });
    assert.match(page.frames()[1].url(), /^chrome-error:/);
  });
});

it("the page's policy stops a script or style that somebody smuggles in", async (visit) => {
  visit.expect(/^policy: style-src/);
  visit.expect(/^policy: require-trusted-types-for|^policy: trusted-types/);
  visit.expect(/^console: .*Content Security Policy|^console: .*(Trusted|trusted|CSP)/);
  const page = await signIn(visit, shop);
  const failed = await page.evaluate(() => {
    const style = document.createElement("style");
    style.textContent = "p { color: red }";
    document.head.append(style);
    return [
      () => document.body.setAttribute("onclick", "smuggled = true"),
      () => (document.body.innerHTML = "<b>smuggled</b>"),
      () => (document.createElement("script").text = "smuggled = true"),
    ].map((attempt) => {
      try {
        return attempt();
      } catch (error) {
        return error.name;
      }
    });
  });
  assert.deepEqual(failed, ["TypeError", "TypeError", "TypeError"]);
  assert.equal(await page.evaluate(() => window.smuggled), undefined);
});

it("over TLS the cookie is Secure and the browser is told to stay with https", async (visit) => {
  const folder = sandbox().CA_FILE.replace(/[^/]*$/, "");
  const secure = await startShop("reveal-tls", {
    scheme: "https",
    edit: (text, port) =>
      text.replace(`127.0.0.1:${port};`, `127.0.0.1:${port} ssl; ssl_certificate ${folder}server.pem; ssl_certificate_key ${folder}server.key;`),
  });
  const page = await signIn(visit, secure);
  await show(page);
  assert.equal((await card(page)).number, "4111 1111 1111 1111");
  const [cookie] = await visit.context.cookies();
  assert.deepEqual([cookie.secure, cookie.httpOnly], [true, true]);
  await visit.settle();
  assert.match(visit.exchanges.find(({ url }) => url.endsWith("/reveal/card")).headers["strict-transport-security"], /^max-age=\d{8}/);
});
