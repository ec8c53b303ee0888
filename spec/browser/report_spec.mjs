// The page that `cards report` makes: what is on it, in both schemes and all widths, of runs as they are and of awkward ones.
import assert from "node:assert/strict";
import { join } from "node:path";
import { violations } from "./support/accessible.mjs";
import { folder } from "./support/browser.mjs";
import { report } from "./support/report.mjs";
import { served } from "./support/server.mjs";
import { it } from "./support/spec.mjs";

const DAY = 86400;

const cases = {
  "quarter": [{ name: "cards.ndjson", rows: 1000000, seconds: 842 }],
  "short": [{ name: "short.ndjson", rows: 2000, seconds: 20, failing: 0.05 }],
  "one-row": [{ name: "one.ndjson", rows: 1, seconds: 0.21, failing: 0 }],
  "all-failed": [{ name: "failed.ndjson", rows: 20000, seconds: 75, failing: 1, ended: "max_errors" }],
  "three-days": [{ name: "a-run-with-a-name-that-is-longer-than-a-telephone-is-wide.ndjson", rows: 10000000, seconds: 3 * DAY, failing: 0.0004 }],
  "continued": [{ name: "continued.ndjson", rows: 30000, seconds: 60, again: { rows: 40000, seconds: 80, start: 1764394651 + 2 * DAY } }],
  "two-files": [{ name: "a.ndjson", rows: 3000, seconds: 15 }, { name: "b.ndjson", rows: 2000, seconds: 10, start: 1764394656, seed: 3, ended: "interrupted" }],
  "bare": [{ name: "bare.ndjson", bare: true }],
};
const pages = Object.fromEntries(Object.entries(cases).map(([name, runs]) => [name, report(runs)]));

/** Opens a page, and calls `use` with its tab. */
const opened = (visit, html, use) =>
  served(html, async (url) => {
    const page = await visit.page();
    await page.goto(url);
    await use(page);
    await visit.settle();
    assert.deepEqual(visit.exchanges.map((exchange) => exchange.url).filter((other) => !other.endsWith("/favicon.ico")), [url]);
  });

/** Labels that cover each other or stand outside of the window: texts. */
const crowded = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const plot of document.querySelectorAll(".plot")) {
      const boxes = [...plot.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
      boxes.forEach(([text, box], i) => {
        if (box.left < 0 || box.right > innerWidth) found.push(`${text} is cut off`);
        for (const [other, beside] of boxes.slice(0, i)) {
          if (box.left < beside.right && beside.left < box.right && box.top + 2 < beside.bottom && beside.top + 2 < box.bottom) found.push(`${text} on ${other}`);
        }
      });
    }
    return found;
  });

/** Charts whose axes have fewer than two labels: their names. */
const bare = (page) =>
  page.$$eval(".plot", (plots) =>
    plots.filter((plot) => [".x text", ".y text"].some((axis) => [...plot.querySelectorAll(axis)].filter((text) => text.getBoundingClientRect().width > 0).length < 2))
      .map((plot) => plot.getAttribute("aria-label")));

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

for (const [name, html] of Object.entries(pages)) {
  it(`a report fits into any width, with no label on another: ${name}`, (visit) =>
    opened(visit, html, async (page) => {
      for (const width of [1600, 1280, 800, 390]) {
        await page.setViewport({ width, height: 900 });
        assert.ok((await sideways(page)) <= 0, `it scrolls sideways at ${width}`);
        assert.deepEqual(await crowded(page), [], `at ${width}`);
        assert.deepEqual(await bare(page), [], `at ${width}`);
      }
    }));
}

for (const [name, dark] of [["short", false], ["short", true], ["two-files", false], ["one-row", true], ["bare", true]]) {
  it(`a report is accessible, ${dark ? "dark" : "light"}: ${name}`, { dark }, (visit) =>
    opened(visit, pages[name], async (page) => {
      const ground = await page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
      assert.ok(dark ? ground < 60 : ground > 200, "it is not in this scheme");
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
      assert.deepEqual(await violations(page), []);
      const images = await page.$$eval("[role=img]", (list) => list.map((image) => image.getAttribute("aria-label")));
      assert.ok(images.length > 0 && images.every((label) => /\d/.test(label)), "a chart does not say what it shows");
    }));
}

for (const dark of [false, true]) {
  it(`a report is drawn, ${dark ? "dark" : "light"}`, { dark }, (visit) =>
    opened(visit, pages.quarter, async (page) => {
      for (const width of [1280, 390]) {
        await page.setViewport({ width, height: 900 });
        await page.screenshot({ path: join(folder, `report-${dark ? "dark" : "light"}-${width}.png`), fullPage: true });
      }
      const drawn = await page.$$eval("path.ok, path.bad, path.p50, path.p95, path.p99", (paths) => paths.map((path) => {
        const { width, height } = path.getBBox();
        return { class: path.getAttribute("class"), width, height };
      }));
      assert.ok(drawn.length === 6 && drawn.every(({ width, height }) => width > 10 && height > 5), JSON.stringify(drawn));
    }));
}

it("each step of a chart says its figures under the pointer, and the table behind the chart has the same", (visit) =>
  opened(visit, pages.quarter, async (page) => {
    const { tip, cells } = await page.evaluate(() => {
      const plot = document.querySelector(".plot");
      plot.scrollIntoView({ block: "center" });
      const box = plot.getBoundingClientRect();
      const tip = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2).querySelector("title")?.textContent;
      const rows = [...plot.parentElement.querySelectorAll("tbody tr")].map((row) => [...row.children].map((cell) => cell.textContent));
      return { tip, cells: rows.find(([time]) => tip?.startsWith(time)) };
    });
    const [, time, rate, rows, failed] = tip.match(/^([\d:]+): ([\d,]+) rows\/s, ([\d,]+) rows, ([\d,]+) failed$/);
    assert.deepEqual([cells[0], cells[1], cells[3], cells[4]], [time, rows, failed, rate]);
  }));

it("lines are as wide as they were meant, however wide the chart is, and parts of a chart are where its axis says", (visit) =>
  opened(visit, pages.quarter, async (page) => {
    for (const width of [390, 1600]) {
      await page.setViewport({ width, height: 900 });
      const { stroke, ticks, top, bottom } = await page.evaluate(() => {
        const chart = document.querySelectorAll(".plot")[1];
        const lines = [...chart.querySelectorAll(".y line")].map((line) => line.getBoundingClientRect().top);
        const { top, bottom } = chart.getBoundingClientRect();
        return { stroke: getComputedStyle(chart.querySelector("path.p50")).vectorEffect, ticks: lines, top, bottom };
      });
      assert.equal(stroke, "non-scaling-stroke");
      assert.ok(Math.abs(ticks[0] - bottom) < 2 && Math.abs(ticks.at(-1) - top) < 2, `the axis is not as tall as the chart: ${[ticks, top, bottom]}`);
    }
  }));

it("the time between two runs is a break, which says how long it was", (visit) =>
  opened(visit, pages.continued, async (page) => {
    const breaks = await page.$$eval(".plot .breaks rect", (list) => list.map((one) => [one.textContent, Math.round(one.getBoundingClientRect().width)]));
    assert.ok(breaks.length >= 3);
    for (const [text, width] of breaks) {
      assert.equal(text, "1 d 23:59:00 without a run");
      assert.ok(width > 2 && width < 30, `it is ${width} wide`);
    }
    assert.ok((await page.$$eval(".plot .x text", (list) => list.map((text) => text.textContent))).includes("1 Dec"));
  }));

it("on paper a report is black on white, without what is closed", { dark: true }, (visit) =>
  opened(visit, pages.quarter, async (page) => {
    await page.emulateMediaType("print");
    const seen = await page.evaluate(() => ({
      ground: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
      closed: [...document.querySelectorAll("details")].filter((details) => details.getBoundingClientRect().height > 0).length,
    }));
    assert.deepEqual(seen, { ground: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)", closed: 0 });
  }));

it("a report is small, and has no script", () => {
  for (const [name, html] of Object.entries(pages)) {
    assert.ok(html.length < 500000, `${name}: ${html.length} bytes`);
    assert.doesNotMatch(html, /<script|\son\w+=|https?:/);
  }
});
