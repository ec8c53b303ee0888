// Files as `cards run` leaves them, of runs that never were, and the report that `cards report` makes of them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./browser.mjs";
import { build } from "./server.mjs";

const START = 1764394651; // 29 Nov 2025, 05:37:31 UTC

/** Numbers from 0 to 1 that are the same each time. */
function random(seed) {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
}

const classOf = (seconds) => Math.floor(Math.log(seconds / 1e-6) / Math.log(1.02));

/** The times of some rows: most of them near 50 ms, a few far off; in a disturbance all of them longer. */
function times(one, rows, slow, next) {
  const drawn = Math.min(rows, 60);
  for (let i = 0; i < drawn; i++) {
    const many = Math.floor(rows / drawn) + (i < rows % drawn ? 1 : 0);
    const seconds = 0.05 * slow * Math.exp((next() + next() + next() - 1.5) * 0.9) * (next() < 0.02 ? 8 : 1);
    one.times[classOf(seconds)] = (one.times[classOf(seconds)] ?? 0) + many;
    one.slowest.push([1 + Math.floor(next() * 1e6), Number(seconds.toPrecision(4))]);
  }
  one.slowest = one.slowest.sort((a, b) => b[1] - a[1]).slice(0, 10);
}

/** The lines of a timeline: rows over so many seconds, of which a share fails; between 55 % and 60 % of the time the provider is disturbed. */
function timeline({ rows, seconds, failing = 0.004, start = START, seed = 7 }) {
  const next = random(seed), lines = [], ends = start + 0.3 + seconds;
  let at = start + 0.3, done = 0, failed = 0;
  while (at < ends - 1e-6) {
    const elapsed = at - start, width = elapsed < 600 ? 1 : elapsed < 7200 ? 10 : 60;
    const to = Math.min((Math.floor(at / width) + 1) * width, ends), share = elapsed / seconds, disturbed = share > 0.55 && share < 0.6;
    const one = { at: Number(at.toFixed(3)), failed: {}, held: {}, rows: 0, seconds: Number((to - at).toFixed(3)), slowest: [], times: {} };
    one.rows = rows === 1 ? 1 - done : Math.floor((rows / seconds) * (to - at) * (1 + 0.2 * Math.sin(share * 9) + 0.1 * next()) * (disturbed ? 0.35 : 1) + next());
    times(one, one.rows, disturbed ? 3 : 1, next);
    const wrong = failing === 1 ? one.rows : Math.min(one.rows, Math.floor(one.rows * failing * (disturbed ? 6 : 1) + next() * (failing > 0 ? 0.99 : 0)));
    if (wrong > 0) one.failed = { "alix timeout": wrong - Math.floor(wrong / 2), "alix declined": Math.floor(wrong / 2) };
    Object.assign(one, { calls: one.rows, tries: one.rows + 2 * wrong }, at === start + 0.3 ? { starts: 1 } : {});
    if (disturbed) one.held = { "cards.limit": [12, 12.5], "alix.private_info": [3, 0.7] };
    done += one.rows;
    failed += wrong;
    lines.push(JSON.stringify(one) + "\n");
    at = to;
  }
  return { text: lines.join(""), done, failed };
}

const errorLine = (row, kind, code) => `{"row":${row},"error":{"attempts":3,${code}"kind":"${kind}","provider":"alix","retryable":true},"columns":{"id":"c_1"}}\n`;

let made, count = 0;

/** A folder that is there until the specs end. */
function place() {
  if (!made) {
    mkdirSync(folder, { recursive: true });
    made = mkdtempSync(join(folder, "reports-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  const path = join(made, String(count++));
  mkdirSync(path);
  return path;
}

/** The timeline of a run, and of `again`, with which it went on. */
function timelines(run) {
  const first = timeline(run), { text, done, failed } = run.again ? timeline(run.again) : { text: "", done: 0, failed: 0 };
  return { text: first.text + text, done: first.done + done, failed: first.failed + failed };
}

/**
 * The HTML of a report of runs: a list of { name, ended, again, … } with the fields that `timeline` takes, or { name, bare: true } for one without a
 * timeline.
 */
export function report(runs) {
  const path = place();
  for (const run of runs) {
    const out = join(path, run.name), { text, done, failed } = run.bare ? { text: "", done: 3, failed: 0 } : timelines(run);
    writeFileSync(out, run.bare ? '{"row":1,"result":1}\n'.repeat(done) : "");
    if (run.bare) continue;
    writeFileSync(`${out}.timeline`, text);
    writeFileSync(`${out}.errors`, Array.from({ length: Math.min(failed, 2000) }, (_, i) =>
      i % 2 ? errorLine(i + 1, "timeout", "") : errorLine(i + 1, "declined", '"code":"do_not_honor",')).join(""));
    writeFileSync(`${out}.summary.json`, JSON.stringify({ ended: run.ended ?? "complete", rows: done, succeeded: done - failed, failed, errors: {} }));
  }
  const env = { ...process.env, LUA_PATH: "lua/?.lua;lua/?/init.lua;;", LUA_CPATH: join(build, "5.4/?.so;;") };
  const words = ["lua/cards/cli/cards", "report", ...runs.map(({ name }) => join(path, name)), "--html", "-"];
  return execFileSync("lua5.4", words, { env, encoding: "utf8", maxBuffer: 16 * 1024 * 1024 });
}
