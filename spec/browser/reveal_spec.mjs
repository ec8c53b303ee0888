// examples/reveal in a browser: who signs in sees the number of a card, for a while.
import assert from "node:assert/strict";
import { assertAccessible } from "./support/accessible.mjs";
import { served } from "./support/server.mjs";
import { button, card, opened, show, signIn, startShop, told } from "./support/shop.mjs";
import { it } from "./support/spec.mjs";

const NUMBER = "4111111111111111", GROUPS = "4111 1111 1111 1111"; // the sandbox's card of Alix
const shop = await startShop("reveal-browser");

const hidden = async (page) => {
  const { number, expiry, cvv } = await card(page);
  assert.deepEqual([number, expiry, cvv].map((text) => text.split("\n")[0]), ["•••• •••• •••• 1111", "••/••", "•••"]);
  assert.equal(await page.evaluate(() => document.querySelector("card-reveal").shadowRoot.innerHTML.match(/\d{4} \d{4}/)), null);
};

// A clock of the page's own: tick(29) is what 29 seconds are.
const clock = (page) =>
  page.evaluateOnNewDocument(() => {
    let now = Date.now();
    const running = new Map(), real = window.setInterval;
    Date.now = () => now;
    window.setInterval = (run, wait) => (wait === 1000 ? (running.set("clock", run), "clock") : real(run, wait)); // others wait in here, too
    window.clearInterval = (id) => running.delete(id);
    window.tick = (seconds) => {
      for (; seconds > 0; seconds--, now += 1000) running.forEach((run) => run());
      running.forEach((run) => run());
    };
  });

it("the right number is shown, and hidden again by its button", async (visit) => {
  const page = await signIn(visit, shop, { before: clock });
  await hidden(page);
  await show(page);
  const { status, countdown, alert, ...details } = await card(page);
  assert.deepEqual(details, { number: GROUPS, expiry: "01/27", cvv: "111" });
  assert.deepEqual([status, countdown, alert], ["Details are shown for 30 seconds.", "30 s", ""]);
  await button(page, "Hide details").click();
  assert.deepEqual(await page.heard(), ["shown", "button"]);
  await hidden(page);
});

it("it is gone after 30 seconds, of which a screen reader hears three times", async (visit) => {
  const page = await signIn(visit, shop, { before: clock });
  await page.evaluate(() => {
    window.said = [];
    const status = document.querySelector("card-reveal").shadowRoot.querySelector("[role=status]");
    new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true, subtree: true, characterData: true });
  });
  await show(page);
  await page.evaluate(() => tick(29));
  assert.deepEqual([(await card(page)).number, (await card(page)).countdown], [GROUPS, "1 s"]);
  await page.evaluate(() => tick(1));
  assert.deepEqual(await page.heard(), ["shown", "timeout"]);
  await hidden(page);
  assert.deepEqual(await page.evaluate(() => said), ["Details are shown for 30 seconds.", "10 seconds left.", "Details are hidden."]);
});

it("the attribute seconds says how long", async (visit) => {
  const page = await signIn(visit, shop);
  await page.$eval("card-reveal", (element) => element.setAttribute("seconds", "1"));
  await show(page);
  await told(page, "timeout");
  await hidden(page);
});

it("no number of seconds is more than five minutes", async (visit) => {
  const page = await signIn(visit, shop);
  for (const seconds of ["Infinity", "1e9", "-1e9"]) {
    await page.$eval("card-reveal", (element, text) => element.setAttribute("seconds", text), seconds);
    await show(page);
    assert.match(await page.$eval("card-reveal", (element) => element.shadowRoot.querySelector('[role="status"]').textContent), / 300 seconds/);
    await page.$eval("card-reveal", (element) => element.hide());
    await hidden(page);
  }
});

it("an element that is not in the page asks for nothing", async (visit) => {
  const page = await signIn(visit, shop);
  await page.evaluate(async () => {
    const element = document.querySelector("card-reveal");
    element.remove();
    await element.reveal();
    document.querySelector("#cards").append(element);
  });
  await hidden(page);
  assert.deepEqual(visit.exchanges.filter(({ url }) => url.endsWith("/reveal/nonce")), []);
  await show(page);
});

it("a clock that is set back does not keep it there", async (visit) => {
  const page = await signIn(visit, shop, { before: (tab) => tab.evaluateOnNewDocument(() => {
    const real = Date.now;
    window.back = 0;
    Date.now = () => real() - back;
  }) });
  await page.$eval("card-reveal", (element) => element.setAttribute("seconds", "2"));
  await show(page);
  await page.evaluate(() => (window.back = 3600000));
  await told(page, "timeout");
  await hidden(page);
});

it("it is gone when another tab comes to the front", async (visit) => {
  const page = await signIn(visit, shop);
  await show(page);
  await (await visit.page()).bringToFront();
  await page.waitForFunction(() => heard.length > 1, { polling: 50 });
  assert.match((await page.heard())[1], /^(blur|invisible)$/);
  await hidden(page);
});

for (const [how, act] of [
  ["blur", () => dispatchEvent(new Event("blur"))],
  ["pagehide", () => dispatchEvent(new Event("pagehide"))],
  ["invisible", () => {
    Object.defineProperty(document, "hidden", { value: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }],
  ["removed", () => document.querySelector("card-reveal").replaceWith(document.createElement("card-reveal"))],
  ["changed", () => document.querySelector("card-reveal").setAttribute("card", "c_2")],
]) {
  it(`it is gone on ${how}`, async (visit) => {
    const page = await signIn(visit, shop);
    const number = await page.evaluateHandle(() => document.querySelector("card-reveal").shadowRoot.querySelector("[part=number]"));
    const events = await page.evaluateHandle(() => {
      const list = [];
      document.querySelector("card-reveal").addEventListener("card-reveal-hidden", (event) => list.push(event.detail.reason));
      return list;
    });
    await show(page);
    await page.evaluate(act);
    assert.deepEqual(await events.jsonValue(), [how]);
    assert.doesNotMatch(await number.evaluate((element) => element.textContent), /1111 1111/);
  });
}

it("the keyboard is enough: Tab, Enter, Escape, and the focus is never lost", async (visit) => {
  const page = await signIn(visit, shop);
  const focused = () => page.evaluate(() => (document.activeElement.shadowRoot ?? document).activeElement.textContent);
  for (let i = 0; i < 10 && (await focused()) !== "Show details"; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await told(page, "shown");
  assert.equal(await focused(), "Hide details");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Copy number");
  await page.keyboard.press("Escape");
  assert.deepEqual(await page.heard(), ["shown", "escape"]);
  assert.equal(await focused(), "Show details");
  await hidden(page);
});

it("what hides it stops the asking, too", async (visit) => {
  const page = await signIn(visit, shop);
  await page.setRequestInterception(true);
  let held;
  page.on("request", (request) => (request.url().endsWith("/reveal/card") ? (held = request) : request.continue()));
  await Promise.all([page.waitForRequest((request) => request.url().endsWith("/reveal/card")), button(page, "Show details").click()]);
  await page.keyboard.press("Escape");
  await held.continue().catch(() => {}); // it may have been given up by now
  await button(page, "Show details").wait();
  await hidden(page);
  assert.deepEqual(await page.heard(), []);
});

// Into a page of its own.
const pasted = (visit) =>
  served(`<!doctype html><title>A</title><textarea></textarea>`, async (url) => {
    const page = await visit.page();
    await page.goto(url);
    await page.bringToFront();
    await page.focus("textarea");
    await page.keyboard.press("KeyV", { commands: ["Paste"] });
    return page.$eval("textarea", (element) => element.value);
  });

it("the number is copied without its spaces", async (visit) => {
  const page = await signIn(visit, shop);
  await show(page);
  await button(page, "Copy number").click();
  await page.waitForFunction(() => /copied/.test(document.querySelector("card-reveal").shadowRoot.querySelector("[role=status]").textContent));
  assert.equal(await pasted(visit), NUMBER);
});

it("where the browser refuses to copy, it says so", async (visit) => {
  const page = await signIn(visit, shop);
  await page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"))));
  await show(page);
  await button(page, "Copy number").click();
  await page.waitForFunction(() => /does not let/.test(document.querySelector("card-reveal").shadowRoot.querySelector("[role=status]").textContent));
});

it("two tabs at once show it", async (visit) => {
  const first = await signIn(visit, shop);
  const second = await visit.page();
  await second.goto(shop.origin, { waitUntil: "networkidle0" });
  await opened(second);
  const both = [first, second];
  await Promise.all(both.map((page) => page.$eval("card-reveal", (element) => element.reveal())));
  for (const page of both) {
    assert.deepEqual(await page.heard(), ["shown"]);
    assert.equal((await card(page)).number, GROUPS);
  }
});

it("the number is in nothing that stays: storage, addresses, requests, answers, the page, its heap, the logs", async (visit) => {
  const page = await signIn(visit, shop);
  await show(page);
  await button(page, "Hide details").click();
  await hidden(page);
  await visit.settle();

  const forms = [NUMBER, GROUPS, ...["base64", "base64url", "hex"].map((form) => Buffer.from(NUMBER).toString(form).replace(/..?=*$/, ""))];
  const has = (text) => forms.filter((form) => text.includes(form));
  assert.deepEqual(has(`a ${GROUPS} b`), [GROUPS]);
  const cookies = await visit.context.cookies();
  assert.deepEqual(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })), [{ name: "session", httpOnly: true, sameSite: "Strict" }]);
  assert.deepEqual(has(JSON.stringify(cookies)), []);
  const stored = await page.evaluate(async () => [
    localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length,
    (await navigator.serviceWorker.getRegistrations()).length, history.state,
  ]);
  assert.deepEqual(stored, [0, 0, 0, 0, 0, null]);

  const sealed = visit.exchanges.filter(({ url, method }) => method === "POST" && url.endsWith("/reveal/card"));
  assert.equal(sealed.length, 1);
  assert.match(sealed[0].received.split("\n")[1], /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
  assert.equal(sealed[0].headers["cache-control"], "no-store");
  assert.ok(visit.exchanges.length >= 8, "the traffic was not seen");
  for (const { url, sent, received } of visit.exchanges) assert.deepEqual(has(url + sent + received), [], url);

  const { root } = await page.session.send("DOM.getDocument", { depth: -1, pierce: true });
  assert.match(JSON.stringify(root), /Show details/);
  assert.deepEqual(has(JSON.stringify(root)), []);
  assert.match(shop.log(), /POST \/reveal\/card HTTP\/1.1" 200/);
  assert.deepEqual(has(shop.log()), []);
  assert.deepEqual(has(await heap(page)), []);
});

/** What is on the page's heap once everything has been collected that nothing refers to. */
async function heap(page) {
  const parts = [];
  page.session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => parts.push(chunk));
  await page.session.send("HeapProfiler.collectGarbage");
  await page.session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  const text = parts.join("");
  assert.match(text, /Show details/);
  return text;
}

it("the heap of the page is where the number is while it is shown", async (visit) => {
  const page = await signIn(visit, shop);
  await show(page);
  assert.match(await heap(page), new RegExp(NUMBER));
});

for (const dark of [false, true]) {
  for (const width of [1280, 390]) {
    const look = `${dark ? "dark" : "light"} ${width}`;
    it(`it can be read by everybody: ${look}`, { dark, width, height: width === 390 ? 844 : 800 }, async (visit) => {
      const login = await visit.page();
      await login.goto(shop.origin);
      await assertAccessible(login);
      await visit.picture(login, `reveal login ${look}`);
      await login.close();
      const page = await signIn(visit, shop);
      assert.deepEqual((await assertAccessible(page)).map(({ name }) => name), ["Sign out", "Show details"]);
      await visit.picture(page, `reveal hidden ${look}`);
      await show(page);
      assert.deepEqual((await assertAccessible(page)).map(({ name }) => name), ["Sign out", "Hide details", "Copy number"]);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "the page is wider than the window");
      await visit.picture(page, `reveal shown ${look}`);
    });
  }
}
