// examples/reveal as a spec starts it, on a port of its own with the sandbox behind it, and what specs do on its page.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { answers, build, freePort, root, sandbox, start } from "./server.mjs";

/**
 * Starts it. `edit(text, port)` changes nginx.conf; `scheme` is what a browser calls it by.
 * @return { origin, log(): all that nginx has logged, stop }
 */
export async function startShop(name, { scheme = "http", edit = (text) => text } = {}) {
  const folder = relative(root, join(build, `nginx-${name}`)), port = await freePort(), origin = `${scheme}://localhost:${port}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync("examples/reveal/nginx.conf", "utf8").replaceAll("build/nginx-reveal", folder)
    .replaceAll("${prefix}build", "${prefix}" + relative(root, build)).replace("http://localhost:8483", origin).replace("127.0.0.1:8483", `127.0.0.1:${port}`);
  writeFileSync(join(folder, "nginx.conf"), edit(text, port));
  const { HTTPS_URL, CA_FILE } = sandbox();
  const user = process.getuid() === 0 ? " user root;" : ""; // only their owner may read the sandbox's keys
  const server = await start("nginx", ["-p", root, "-e", join(folder, "error.log"), "-c", join(root, folder, "nginx.conf"), "-g", `daemon off;${user}`], {
    env: { ALIX_URL: `${HTTPS_URL}/alix`, ALIX_ACCESS_TOKEN: "alix_token_sandbox", CA_FILE },
    ready: () => answers(`http://127.0.0.1:${port}/login`), // over TLS, too: nginx says that it wants https
  });
  const log = () => ["access.log", "error.log", "audit.log"].map((file) => readFileSync(join(folder, file), { encoding: "utf8", flag: "a+" })).join("");
  return { origin, log, stop: server.stop };
}

/** A tab in which somebody has signed in, with the first card ready to be shown. `before(page)` runs ahead of all. */
export async function signIn(visit, shop, { user = "Ada", before = () => {} } = {}) {
  const page = await visit.page();
  await before(page);
  await page.goto(shop.origin);
  await Promise.all([page.waitForNavigation(), button(page, `Sign in as ${user}`).click()]);
  return opened(page);
}

/** Waits until the page has its cards, and begins to note what its elements tell: page.heard(). */
export async function opened(page) {
  await page.waitForSelector("card-reveal:defined");
  await page.evaluate(() => {
    window.heard = [];
    for (const name of ["shown", "hidden", "failed"]) addEventListener(`card-reveal-${name}`, ({ detail }) => heard.push(detail.reason ?? detail.code ?? name));
  });
  page.heard = () => page.evaluate(() => window.heard);
  return page;
}

export const button = (page, name) => page.locator(`::-p-aria([name="${name}"][role="button"])`);

/** What the first card says: { number, expiry, cvv, status, countdown, alert }. */
export const card = (page) =>
  page.evaluate(() => {
    const inside = document.querySelector("card-reveal").shadowRoot;
    const text = (selector) => inside.querySelector(selector).innerText;
    return {
      number: text("[part=number]"), expiry: text("[part=expiry]"), cvv: text("[part=cvv]"), status: text("[role=status]"),
      countdown: text("[role=status] + span"), alert: text("[role=alert]"),
    };
  });

/** Waits until its elements have told this. */
export const told = (page, what) => page.waitForFunction((word) => window.heard.includes(word), { polling: 50 }, what);

/** Shows the card, once more where it was shown before. */
export const show = async (page) => {
  const times = () => page.evaluate(() => window.heard.filter((word) => word === "shown").length);
  const before = await times();
  await button(page, "Show details").click();
  await page.waitForFunction((count) => window.heard.filter((word) => word === "shown").length > count, { polling: 50 }, before);
};
