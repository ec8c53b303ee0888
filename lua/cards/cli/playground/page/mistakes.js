// Mistakes of a script: at their lines, and as a list that is read out.

import { el, spoken } from "./dom.js";

/** Puts marks at the lines of mistakes, in the place of those of before; returns what was marked. */
export function mark(doc, before, mistakes) {
  for (const line of before) {
    doc.removeLineClass(line, "wrap", "mistaken");
    doc.setGutterMarker(line, "mistake", null);
  }
  return mistakes.filter(({ line }) => line).map(({ line, message }) => {
    const handle = doc.addLineClass(Math.min(line, doc.lineCount()) - 1, "wrap", "mistaken");
    doc.setGutterMarker(handle, "mistake", el("span", { class: "gutter-mark", title: message }, "✕"));
    return handle;
  });
}

/** Lists mistakes; `go(line)` is called for the one that is chosen. The same list is not written twice, so that it is not read out twice. */
export function list(place, mistakes, go) {
  const wanted = JSON.stringify(mistakes);
  if (place.dataset.shown === wanted) {
    return;
  }
  place.dataset.shown = wanted;
  if (mistakes.length === 0) {
    place.replaceChildren(el("p", { class: "fine" }, el("span", { "aria-hidden": "true" }, "✓ "), "No mistakes"));
    return;
  }
  place.replaceChildren(el("ul", {}, ...mistakes.map(({ line, message }) => el("li", {},
    el("span", { class: "cross", "aria-hidden": "true" }, "✕"),
    line ? el("button", { type: "button", click: () => go(line) }, `line ${line}`) : spoken("Mistake: "),
    el("span", {}, message)))));
}
