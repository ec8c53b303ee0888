// That the specs of pages can fail: each thing that they look for is noticed.
import assert from "node:assert/strict";
import { controls, violations } from "./support/accessible.mjs";
import { served } from "./support/server.mjs";
import { it } from "./support/spec.mjs";

const page = (body) => `<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main></html>`;

it("a page without a fault brings no complaint", (visit) =>
  served(page("<button>Go</button>"), async (url) => {
    const tab = await visit.page();
    await tab.goto(url);
    assert.deepEqual(await violations(tab), []);
    assert.deepEqual(await controls(tab), [{ role: "button", name: "Go" }]);
  }));

it("an error on the console, an exception and a missing file are complaints", (visit) =>
  served(page(`<script>console.error("so it says"); setTimeout(() => { throw new Error("not caught") })</script><img src="/missing" alt="">`), async (url) => {
    visit.expect(/^console: so it says/);
    visit.expect(/^exception: not caught/);
    visit.expect(/^console: Failed to load resource.*404.*missing/);
    const tab = await visit.page();
    await tab.goto(url, { waitUntil: "networkidle0" });
    assert.throws(() => {
      visit.complaints.push("one more");
      visit.assertNoComplaint();
    }, /a page complains/);
    visit.complaints.pop();
  }));

it("a complaint that was expected has to come", async (visit) => {
  await visit.page();
  visit.complaints.push("something else");
  visit.expect(/something else/);
  visit.assertNoComplaint();
  visit.complaints.pop();
  assert.throws(() => visit.assertNoComplaint(), /does not complain/);
  visit.complaints.push("something else");
});

it("a request to another machine is a complaint, and reaches nobody", (visit) =>
  served(page(`<img src="http://elsewhere.example/x.png" alt="">`), async (url) => {
    visit.expect(/^request: http:\/\/elsewhere\.example\/x\.png/);
    visit.expect(/^console: Failed to load resource: net::ERR_NAME_NOT_RESOLVED/);
    await (await visit.page()).goto(url, { waitUntil: "networkidle0" });
  }));

it("a report of the content security policy is a complaint", (visit) =>
  served(page(`<p style="color: red">Red</p>`), async (url) => {
    visit.expect(/^policy: style-src/);
    visit.expect(/^console: .*Content Security Policy/);
    await (await visit.page()).goto(url, { waitUntil: "networkidle0" });
  }, { "Content-Security-Policy": "default-src 'none'; style-src 'self'" }));

it("a control without a name and a text without contrast are found, in a shadow tree too", (visit) =>
  served(page(`<div><template shadowrootmode="open"><button></button><p style="color: #ccc; background: #fff">Pale</p></template></div>`), async (url) => {
    const tab = await visit.page();
    await tab.goto(url);
    const found = (await violations(tab)).map((text) => text.split(":")[0]);
    assert.deepEqual(found.sort(), ["button-name", "color-contrast"]);
    assert.deepEqual(await controls(tab), [{ role: "button", name: "" }]);
  }));
