// The call in time: a lane for each try, with the waits between them, as a picture and as a table.

import { by, el, svg } from "./dom.js";

const PHASES = ["wait", "resolve", "connect", "tls", "first byte", "done"];
const TITLES = { tls: "TLS", done: "body" };
const LANE = 26;
const LEFT = 52;
const RIGHT = 132;
const ROOM = 80; // pixels between ticks, at least

function milliseconds(seconds) {
  const ms = seconds * 1000;
  if (ms > 0 && ms < 0.05) {
    return "< 0.1 ms";
  }
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function phaseClass(what) {
  return `phase-${what.replace(" ", "-")}`;
}

/** A step between ticks that is 1, 2 or 5 times a power of ten, with room for its text. */
function step(scale) {
  const rough = ROOM / scale;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}

/** The tries in their order: { number, parts, wait, outcome }. */
function tries(timeline) {
  const found = new Map();
  for (const part of timeline) {
    const one = found.get(part.try) ?? { number: part.try, parts: [] };
    found.set(part.try, one);
    one.parts.push(part);
    one.outcome = part.outcome ?? one.outcome;
  }
  return [...found.values()];
}

function bar(part, top, scale) {
  const wait = part.what === "wait";
  const x = LEFT + part.begin * scale;
  const title = `${TITLES[part.what] ?? part.what}: ${milliseconds(part.end - part.begin)}`;
  return svg("rect", {
    class: `bar ${phaseClass(part.what)}`, x, y: top + (wait ? 10 : 5), width: Math.max((part.end - part.begin) * scale, 2), height: wait ? 6 : 16, rx: 2,
  }, svg("title", {}, title));
}

function lane(one, index, scale) {
  const top = index * LANE;
  const end = LEFT + Math.max(...one.parts.map((part) => part.end)) * scale;
  return svg("g", {},
    svg("text", { x: 0, y: top + 17, class: "lane" }, `try ${one.number}`),
    ...one.parts.map((part) => bar(part, top, scale)),
    svg("text", { x: end + 8, y: top + 17, class: "outcome" }, one.outcome ?? ""));
}

function axis(total, scale, height) {
  const marks = [];
  for (let at = 0; at <= total * 1.0001; at += step(scale)) {
    const x = LEFT + at * scale;
    marks.push(svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "tick" }),
      svg("text", { x, y: height + 15, class: "time", "text-anchor": at === 0 ? "start" : "middle" }, milliseconds(at).replace(".0 ", " ")));
  }
  return svg("g", {}, ...marks);
}

function hatch() {
  return svg("defs", {}, svg("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("line", { x1: 0, x2: 0, y1: 0, y2: 5, class: "hatch" })));
}

function picture(lanes, total, width) {
  const scale = (width - LEFT - RIGHT) / total;
  const height = lanes.length * LANE;
  const text = `${lanes.length === 1 ? "One try" : `${lanes.length} tries`} in ${milliseconds(total)}; the table has the figures`;
  return svg("svg", { role: "img", "aria-label": text, width, height: height + 20, viewBox: `0 0 ${width} ${height + 20}` },
    hatch(), axis(total, scale, height), ...lanes.map((one, index) => lane(one, index, scale)));
}

function figures(lanes) {
  const head = ["try", ...PHASES, "outcome"].map((name) => el("th", { scope: "col" },
    PHASES.includes(name) && el("span", { class: `swatch ${phaseClass(name)}`, "aria-hidden": "true" }), TITLES[name] ?? name));
  const rows = lanes.map((one) => el("tr", {}, el("th", { scope: "row" }, `${one.number}`), ...PHASES.map((what) => {
    const part = one.parts.find((entry) => entry.what === what);
    return el("td", {}, part ? milliseconds(part.end - part.begin) : "–");
  }), el("td", {}, one.outcome ?? "")));
  return el("table", { class: "figures" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

export class Timeline {
  constructor() {
    new ResizeObserver(() => this.draw()).observe(by("timeline"));
  }

  /** Shows the parts of a call: { what, try, begin, end, outcome? }, in seconds. */
  show(timeline = []) {
    this.parts = timeline;
    this.width = undefined;
    this.draw();
  }

  draw() {
    const width = Math.floor(by("timeline").clientWidth) - 32;
    if (!this.parts || width === this.width || width < 1) {
      return;
    }
    this.width = width;
    if (this.parts.length === 0) {
      by("timeline").replaceChildren(el("p", { class: "note" }, "Nothing was sent: the answer is the one that was pasted."));
      return;
    }
    const lanes = tries(this.parts);
    const total = Math.max(...this.parts.map(({ end }) => end), 0.0001);
    by("timeline").replaceChildren(picture(lanes, total, width), el("div", { class: "wide-table" }, figures(lanes)));
  }
}
