// Runs specs one after the other in one process, and ends what they have started: node --test-reporter=tap spec/browser/run.mjs FILE…
// What it starts ends with it: servers by a handler of its exit, Chromium because the pipe to it closes.
import { pathToFileURL } from "node:url";
import { closeBrowser } from "./support/browser.mjs";
import { stopAll } from "./support/server.mjs";
import { done } from "./support/spec.mjs";

for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href);
await done();
await closeBrowser();
await stopAll();
