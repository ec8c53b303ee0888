// Runs specs one after the other in one process, and ends what they have started: node --test-reporter=tap spec/browser/run.mjs FILE…
// What it starts ends with it: servers by a handler of its exit, Chromium because the pipe to it closes.
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { closeBrowser } from "./support/browser.mjs";
import { stopAll } from "./support/server.mjs";
import { done } from "./support/spec.mjs";

for (const file of process.argv.slice(2)) {
  await import(pathToFileURL(file).href).catch((error) => test(`${file} begins`, () => { throw error; })); // else Chromium would keep this process for ever
}
await done();
await closeBrowser();
await stopAll();
