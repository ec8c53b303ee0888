// The servers that pages come from: processes of a spec's own. Waits are for conditions; one that is not met is an error.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { join, resolve } from "node:path";

/** The folder of what was built, and the checkout, in which specs run. */
export const build = resolve(process.env.CARDS_BUILD ?? "build");
export const root = process.cwd();

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

/** Calls `condition` until it gives something true, which is returned; an error after 60 (or so many) seconds. */
export async function waitFor(what, condition, seconds = 60) {
  const ends = performance.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > ends) throw new Error(`waited in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** What a promise gives; an error where it does not come within so many seconds. */
export function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), seconds * 1000)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort() {
  return new Promise((resolvePort, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolvePort(port));
    });
  });
}

/** Serves one page at a port of its own while `use(url)` runs. */
export async function served(html, use, headers = {}) {
  const server = createHttp((request, response) => {
    const status = { "/": 200, "/favicon.ico": 204 }[request.url] ?? 404;
    response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", ...headers }).end(status === 200 ? html : "");
  });
  await new Promise((resume) => server.listen(0, "127.0.0.1", resume));
  try {
    return await use(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resume) => server.close(resume));
  }
}

/**
 * Runs a program, and waits until `ready(child, printed)` gives something true; `printed()` is what it has printed so far.
 * @return { printed, stop }
 */
export async function start(program, words, { env = {}, ready }) {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`; // Debian has nginx there
  const child = spawn(program, words, { env: { ...process.env, PATH: path, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "", failure;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (text += data));
  const ended = new Promise((resume) => child.once("close", resume));
  child.once("error", (error) => (failure = error));
  running.add(child);
  const printed = () => text;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && !failure) {
      child.kill("SIGTERM");
      await ended;
    }
    running.delete(child);
  };
  await waitFor(`${program} to be ready`, () => {
    if (failure || child.exitCode !== null) throw failure ?? new Error(`${program} ended with ${child.exitCode}: ${text}`);
    return ready(printed);
  }).catch(async (error) => {
    await stop();
    throw new Error(`${error.message}\n${text}`);
  });
  const server = { printed, stop: () => (stoppable.delete(server), stop()) };
  stoppable.add(server);
  return server;
}

const stoppable = new Set();

/** Ends what is still running. */
export const stopAll = () => Promise.all([...stoppable].map((server) => server.stop()));

/** Whether something answers there, whatever it says. */
export const answers = (url) => fetch(url, { redirect: "manual" }).then(() => true, () => false);

/** The sandbox's env file as a table: HTTPS_URL, CA_FILE, … */
export function sandbox() {
  const lines = readFileSync(join(process.env.CARDS_SANDBOX ?? join(build, "tests-sandbox"), "env"), "utf8").split("\n");
  return Object.fromEntries(lines.flatMap((line) => {
    const [, name, value] = line.match(/^(\w+)=(.*)$/) ?? [];
    return name ? [[name, value.startsWith("'") ? value.slice(1, -1).replaceAll("'\\''", "'") : value]] : [];
  }));
}
