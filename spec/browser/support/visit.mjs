// What one spec does in the browser: a profile of its own, whose pages are watched. A complaint is an error on the console, an exception that nobody caught,
// a report of the content security policy, or a request to another machine.
import assert from "node:assert/strict";
import { join } from "node:path";
import { folder, theBrowser } from "./browser.mjs";
import { within } from "./server.mjs";

const LOCAL = /^(https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?(\/|$)|data:|blob:|about:|chrome-error:)/;

export class Visit {
  /** What went wrong on the pages: a list of texts. */
  complaints = [];
  /** What went over the wire: { method, url, sent (headers and body), status, received (headers and body) }. */
  exchanges = [];
  #expected = [];
  #pending = [];

  /** options: { width (1280), height (800), dark (false), permissions: names of the Permissions API, for every origin } */
  static async begin(options) {
    const visit = new Visit();
    visit.options = options;
    visit.context = await (await theBrowser()).createBrowserContext();
    return visit;
  }

  /** A new tab, watched. */
  async page() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(60000); // the machine may be busy
    const { width = 1280, height = 800, dark = false } = this.options;
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
    page.on("console", (message) => message.type() === "error" && this.complaints.push(`console: ${message.text()} ${message.location().url ?? ""}`));
    page.on("pageerror", (error) => this.complaints.push(`exception: ${error.message}`));
    page.on("request", (request) => LOCAL.test(request.url()) || this.complaints.push(`request: ${request.url()}`));
    page.on("response", (response) => this.#pending.push(this.#exchange(response)));
    page.on("requestfailed", (request) => this.exchanges.push({ method: request.method(), url: request.url(), sent: sent(request), status: 0, received: "" }));
    page.session = await page.createCDPSession();
    page.session.on("Audits.issueAdded", ({ issue }) => {
      const report = issue.details.contentSecurityPolicyIssueDetails;
      if (report) this.complaints.push(`policy: ${report.violatedDirective} ${report.blockedURL ?? report.contentSecurityPolicyViolationType}`);
    });
    await page.session.send("Audits.enable");
    return page;
  }

  async #exchange(response) {
    const request = response.request();
    const body = await response.text().catch(() => ""); // a redirect has none
    this.exchanges.push({
      method: request.method(), url: response.url(), sent: sent(request), status: response.status(), headers: response.headers(),
      received: JSON.stringify(response.headers()) + "\n" + body,
    });
  }

  /** A complaint that has to come. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  /** Waits for what is still on its way from the browser. */
  async settle() {
    while (this.#pending.length) await within(20, "an answer to end", Promise.all(this.#pending.splice(0)));
  }

  assertNoComplaint() {
    const missing = this.#expected.filter((pattern) => !this.complaints.some((text) => pattern.test(text)));
    assert.deepEqual(this.complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text))), [], "a page complains");
    assert.deepEqual(missing, [], "a page does not complain of what it should");
  }

  /** A screenshot below build/browser. */
  picture(page, name) {
    return page.screenshot({ path: join(folder, name.replace(/[^\w.-]+/g, "-") + ".png") });
  }

  async pictures(name) {
    const pages = await this.context.pages();
    const taken = pages.map((page, i) => within(5, "a picture", this.picture(page, `${name} ${i}`)).catch(() => {})); // a page that hangs has none
    await Promise.all(taken);
  }

  end() {
    return this.context.close();
  }
}

const sent = (request) => `${JSON.stringify(request.headers())}\n${request.postData() ?? ""}`;
