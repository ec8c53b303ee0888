// The page of `cards playground`: what an engineer does with it.
import assert from "node:assert/strict";
import { assertAccessible } from "./support/accessible.mjs";
import { Playground, startPlayground } from "./support/playground.mjs";
import { it } from "./support/spec.mjs";

const url = await startPlayground();
const open = (visit, provider = "whop") => Playground.open(visit, url, provider);

/** The bodies that runs were answered with. */
const answers = async (visit) => {
  await visit.settle();
  return visit.exchanges.filter((exchange) => exchange.url.endsWith("/api/run")).map(({ received }) => received);
};

it("a provider is chosen and called: its answer is marked by class, and no number leaves the server", async (visit) => {
  const playground = await open(visit);
  assert.match((await playground.texts("#exchange .line"))[0], /^GET https:\/\/localhost:\d+\/whop\/cards\/c_1$/);
  assert.deepEqual(await playground.texts(".headers .secret dd"), ["Bearer *** ◆ masked here"]);
  const rows = await playground.texts(".answer tr.declared");
  assert.ok(rows.some((text) => /◆secret, declared.*secrets\.card_number\*{12}4242$/.test(text)), rows.join("\n"));
  await playground.waitForCell("number", "audit", "424242******4242");
  await playground.page.type("#param-card_id", "7");
  await playground.waitForText("#exchange .line", "/whop/cards/c_17");
  const bodies = await answers(visit);
  assert.ok(bodies.length >= 2);
  for (const body of bodies) assert.doesNotMatch(body, /4242424242424242|4111111111111111/);
});

it("fields that nobody declared are secret, and marked as such", async (visit) => {
  const playground = await open(visit);
  await playground.page.type("#misbehaviour", "undeclared");
  await playground.wait(() => document.querySelector(".answer tr.undeclared"));
  const rows = await playground.texts(".answer tr.undeclared");
  assert.ok(rows.every((text) => text.startsWith("▲secret, because undeclared")), rows.join("\n"));
});

it("a mistake in a mapping is marked at its line while typing, and goes when it is mended", async (visit) => {
  const playground = await open(visit);
  await playground.edit("mapping", '"expiration_month", month', '"expiration_month", mnth');
  await playground.waitForText("#mistakes", "mnth");
  const line = Number((await playground.texts("#mistakes button"))[0].replace("line ", ""));
  assert.deepEqual(await playground.marked(), [line]);
  assert.ok((await playground.texts(".mistaken"))[0].includes("mnth"));
  assert.deepEqual(await playground.texts("#tab-mapping .count"), ["1 mistake"]);
  assert.ok(await playground.page.$("#views.stale [data-field=exp_month]"), "the last record stays, dimmed");
  await playground.edit("mapping", "mnth", "month");
  await playground.waitForText("#mistakes", "No mistakes");
  await playground.waitForRecord("exp_month", "12");
  assert.deepEqual(await playground.marked(), []);
});

it("a change of a policy changes the column of its role only, and is marked", async (visit) => {
  const playground = await open(visit);
  assert.deepEqual(await playground.changed(), []);
  await playground.edit("support", "holder_name = initials", "holder_name = keep");
  await playground.waitForCell("holder_name", "support", "John Doe");
  assert.deepEqual(await playground.changed(), ["holder_name support"]);
  assert.deepEqual(await playground.texts("thead .changes"), ["●1 changed"]);
  assert.equal(await playground.page.$eval("td.changed", (cell) => cell.title), "before: J. D.");
});

it("a mistake in one policy leaves the other columns as they are", async (visit) => {
  const playground = await open(visit);
  await playground.edit("audit", "bin = keep", "bin = kep");
  await playground.waitForText("#mistakes", "kep");
  assert.equal((await playground.marked()).length, 1);
  await playground.waitForText('th[data-column="audit"]', "a mistake in its policy");
  await playground.waitForCell("holder_name", "support", "J. D.");
  assert.deepEqual(await playground.texts("#tab-support .count:not([hidden]), #tab-cardholder .count:not([hidden])"), []);
});

it("an answer is pasted and read without a call", async (visit) => {
  const playground = await open(visit);
  await playground.page.select("#source", "pasted");
  await playground.waitForText("#timeline", "Nothing was sent");
  await playground.page.$eval("#answer-body", (area) => area.select());
  await playground.page.type("#answer-body", '{"id":"c_1","status":"frozen","score":"one of ours","secrets":{"card_number":"4012888888881881"}}');
  await playground.waitForRecord("status", "frozen");
  await playground.waitForRecord("number", "************1881");
  assert.deepEqual(await playground.texts(".answer tr.undeclared th"), ["score"]);
  for (const body of await answers(visit)) assert.doesNotMatch(body, /4012888888881881|one of ours/);
});

it("a pasted answer that is too large is refused, and the page goes on", async (visit) => {
  visit.expect(/^console: Failed to load resource.*413/);
  const playground = await open(visit);
  await playground.page.select("#source", "pasted");
  await playground.page.$eval("#answer-body", (area) => {
    area.value = `${"x".repeat(99)}\n`.repeat(10000);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await playground.waitForText("#failure h3", "refused");
  await playground.page.select("#source", "sandbox");
  await playground.waitForRecord("number", "************4242");
});

it("a misbehaviour shows the error, and the tries with the waits between them", async (visit) => {
  const playground = await open(visit);
  await playground.page.type("#misbehaviour", "unavailable");
  await playground.waitForText("#failure h3", "provider");
  assert.deepEqual(await playground.texts('#failure [data-detail="status"], #failure [data-detail="attempts"]'), ["503", "3"]);
  assert.deepEqual(await playground.texts(".figures tbody td:last-child"), ["HTTP 503", "HTTP 503", "HTTP 503"]);
  assert.equal((await playground.page.$$("#timeline svg g .outcome")).length, 3);
  assert.ok((await playground.page.$$("#timeline .bar.phase-wait")).length >= 2);
  assert.ok((await playground.texts(".figures tbody tr:nth-child(n + 2) td:nth-child(7)")).every((text) => /ms$/.test(text)));
  await playground.page.$eval("#misbehaviour", (input) => input.select());
  await playground.page.keyboard.press("Backspace");
  await playground.waitForRecord("number");
  assert.deepEqual(await playground.texts("#failure"), [""]);
});

it("a definition is written, and tried against its examples", async (visit) => {
  const playground = await open(visit);
  await playground.page.click("#tab-definition");
  await playground.waitForText("#examples h3", "2 examples hold");
  await playground.edit("definition", "exp_year = 2027", "exp_year = 2028");
  await playground.waitForText("#examples .fails .why", "exp_year has another value"); // what is half typed fails, too
  assert.deepEqual(await playground.texts("#examples h3"), ["1 of 2 examples fail"]);
  assert.match((await playground.texts("#examples .fails .why"))[0], /^line 40 .*exp_year/);
  await playground.page.click("#examples .why button");
  assert.equal(await playground.page.evaluate(() => document.querySelector(".CodeMirror").CodeMirror.getCursor().line + 1), 40);
  await playground.edit("definition", "exp_year = 2028", "exp_year = 2027");
  await playground.waitForText("#examples h3", "2 examples hold");
  await playground.page.click('[aria-label="Try example 1"]');
  await playground.waitForRecord("provider", "acme");
  assert.deepEqual(await playground.texts(".answer tr.undeclared th"), ["data.loyalty"]);
  await playground.edit("definition", 'name = "acme"', 'name = "acme2"');
  await playground.waitForRecord("provider", "acme2");
  assert.deepEqual(await playground.texts("#provider option:checked"), ["acme2 (definition)"]);
  await playground.page.click('[aria-label="Try example 2"]');
  await playground.waitForText("#failure h3", "not_found");
  await playground.edit("definition", "path = ", "pth = ");
  await playground.waitForText("#mistakes", "pth");
  assert.deepEqual(await playground.marked(), [...new Set((await playground.texts("#mistakes button")).map((text) => Number(text.replace("line ", ""))))]);
});

it("a script that never ends is a mistake, and the page goes on", async (visit) => {
  const playground = await open(visit);
  await playground.edit("mapping", "return {", "while true do end return {");
  await playground.waitForText("#mistakes", "instructions");
  await playground.edit("mapping", "while true do end ", "");
  await playground.waitForText("#mistakes", "No mistakes");
  await playground.waitForRecord("number", "************4242");
});

it("only the last answer counts", async (visit) => {
  const playground = await open(visit);
  await playground.page.type("#misbehaviour", "slow_first_byte=20");
  await playground.page.keyboard.press("Enter");
  await playground.wait(() => document.querySelector("#run").hasAttribute("aria-busy"));
  await playground.page.select("#provider", "payengine");
  await playground.page.$eval("#misbehaviour", (input) => input.select());
  await playground.page.keyboard.press("Backspace");
  await playground.waitForRecord("provider", "payengine");
  await visit.settle();
  assert.ok(visit.exchanges.some((exchange) => exchange.url.endsWith("/api/run") && exchange.status === 0), "no request was given up");
});

it("two tabs do not disturb each other", async (visit) => {
  const one = await open(visit);
  const other = await open(visit, "alix");
  await one.page.bringToFront();
  await one.edit("support", "holder_name = initials", "holder_name = drop");
  await one.waitForCell("holder_name", "support", "–not shown");
  await other.page.bringToFront();
  await other.page.type("#param-card_id", "1");
  await other.waitForText("#exchange .line", "c_11");
  assert.deepEqual(await other.texts('[data-field="provider"] td[data-column="record"]'), ["alix"]);
  assert.deepEqual(await one.texts('[data-field="provider"] td[data-column="record"]'), ["whop"]);
});

it("the keyboard leads everywhere: out of the editor, along the tabs, and to a run", async (visit) => {
  const playground = await open(visit);
  const { page } = playground;
  const focused = () => page.evaluate(() => document.activeElement.id);
  await playground.edit("mapping", "return", "return");
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "tab-mapping");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "tab-support");
  assert.deepEqual(await playground.texts('#tabs [aria-selected="true"]'), ["Support policy"]);
  await page.keyboard.press("End");
  assert.equal(await focused(), "tab-definition");
  await page.keyboard.press("Home");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".CodeMirror") !== null), "Tab leads into the editor");
  const before = await page.evaluate(() => document.querySelector(".CodeMirror").CodeMirror.getValue());
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".CodeMirror") === null), "Tab leads out of the editor");
  assert.equal(await page.evaluate(() => document.querySelector(".CodeMirror").CodeMirror.getValue()), before);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/api/run")),
    page.keyboard.down("Control").then(() => page.keyboard.press("Enter")).then(() => page.keyboard.up("Control")),
  ]);
  assert.equal(answer.status(), 200);
});

it("the code of the call is shown in three languages, and copied", async (visit) => {
  await visit.context.overridePermissions(new URL(url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
  const playground = await open(visit);
  for (const [id, text] of [["nginx", "content_by_lua"], ["cli", "cards call whop retrieve"], ["lua", "cards.whop"]]) {
    await playground.page.click(`#tab-${id}`);
    await playground.waitForText("#code-text", text);
  }
  await playground.page.click("#copy");
  await playground.waitForText("#status", "Copied.");
  assert.equal(await playground.page.evaluate(() => navigator.clipboard.readText()), await playground.page.$eval("#code-text", (code) => code.textContent));
});

it("nothing is stored", async (visit) => {
  const playground = await open(visit);
  await playground.edit("support", "holder_name = initials", "holder_name = keep");
  await playground.waitForCell("holder_name", "support", "John Doe");
  const stored = await playground.page.evaluate(async () => ({
    local: localStorage.length, session: sessionStorage.length, cookie: document.cookie,
    databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  }));
  assert.deepEqual(stored, { local: 0, session: 0, cookie: "", databases: 0, caches: 0 });
  assert.deepEqual(await visit.context.cookies(), []);
});

it("a playground that was stopped is a clear error", async (visit) => {
  const playground = await open(visit);
  visit.expect(/^console: Failed to load resource: net::ERR_INTERNET_DISCONNECTED/);
  await playground.page.setOfflineMode(true);
  await playground.page.click("#run");
  await playground.waitForText("#failure p", "The playground does not answer. Is it still running?");
  await playground.page.setOfflineMode(false);
  await playground.page.click("#run");
  await playground.waitForRecord("number", "************4242");
});

/** States of the page, each by what leads there. */
const states = {
  "changed": async (playground) => {
    await playground.page.type("#misbehaviour", "undeclared");
    await playground.wait(() => document.querySelector(".answer tr.undeclared"));
    await playground.edit("support", "holder_name = initials", "holder_name = keep");
    await playground.waitForCell("holder_name", "support", "John Doe");
    await playground.page.$eval(".answer tr.declared", (row) => row.scrollIntoView({ block: "center" }));
    // The picture is of a frame that was drawn.
    await playground.page.evaluate(() => new Promise((resume) => requestAnimationFrame(() => requestAnimationFrame(resume))));
  },
  "mistake": async (playground) => {
    await playground.edit("mapping", "month }", "mnth }");
    await playground.waitForText("#mistakes", "mnth");
  },
  "failure": async (playground) => {
    await playground.page.type("#misbehaviour", "unavailable");
    await playground.waitForText("#failure h3", "provider");
  },
  "definition": async (playground) => {
    await playground.edit("definition", "exp_year = 2027", "exp_year = 2028");
    await playground.waitForText("#examples h3", "1 of 2 examples fail");
    await playground.page.click('[aria-label="Try example 1"]');
    await playground.waitForRecord("provider", "acme");
  },
};

for (const dark of [false, true]) {
  for (const [state, reach] of Object.entries(states)) {
    it(`accessible, ${dark ? "dark" : "light"}: ${state}`, { dark, width: 1600, height: 1000 }, async (visit) => {
      const playground = await open(visit);
      await reach(playground);
      await visit.picture(playground.page, `playground-${state}-${dark ? "dark" : "light"}`);
      const controls = await assertAccessible(playground.page);
      const names = controls.map(({ role, name }) => `${role} ${name}`);
      for (const name of ["combobox Provider", "combobox Operation", "textbox card_id", "button Reset", "button Copy", "tab Mapping", "tab Support policy"]) {
        assert.ok(names.some((text) => text.startsWith(name)), `${name} is not among ${names.join(", ")}`);
      }
      assert.equal(new Set(names.filter((name) => name.startsWith("tab "))).size, 8);
    });
  }
}

it("nothing is wider than the page, however wide that is", { width: 1600, height: 800 }, async (visit) => {
  const playground = await open(visit), { page } = playground;
  const fitsAt = async (width) => {
    await page.setViewport({ width, height: 800 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the page scrolls sideways at ${width}`);
  };
  const reloaded = async () => {
    await page.reload();
    await playground.waitForRecord("number");
    await playground.choose("whop");
  };
  const widths = [1600, 1280, 800, 390];
  for (const reach of Object.values(states)) {
    await reach(playground);
    for (const width of widths) await fitsAt(width);
    await page.setViewport({ width: widths[0], height: 800 });
    await reloaded();
  }
  for (const width of widths) {
    await page.setViewport({ width, height: 800 });
    await reloaded();
    await fitsAt(width);
    await visit.picture(page, `playground-${width}`);
  }
});
