// The examples of a definition: which of them hold, and a way to try each.

import { by, el } from "./dom.js";

function row({ index, ok, line, message, operation, answer }, { attempt, go }) {
  return el("li", { class: ok ? "holds" : "fails" },
    el("span", { class: "outcome" }, el("span", { "aria-hidden": "true" }, ok ? "✓ " : "✕ "), ok ? "holds" : "fails"),
    el("span", { class: "what" }, el("strong", {}, `${index}`), ` ${operation}`, answer && ` HTTP ${answer.status}`,
      !ok && el("span", { class: "why" }, line && el("button", { type: "button", click: () => go(line) }, `line ${line}`), " ", message)),
    answer && el("button", { type: "button", "aria-label": `Try example ${index}`, click: () => attempt({ operation, answer }) }, "Try"));
}

/** Shows the examples; `attempt({ operation, answer })` is called for the one to try, `go(line)` for a line to be shown. */
export function showExamples(examples, acts) {
  const failed = examples.filter(({ ok }) => !ok).length;
  const summary = examples.length === 0 ? "No examples" : failed ? `${failed} of ${examples.length} examples fail` : `${examples.length} examples hold`;
  by("examples").replaceChildren(el("h3", {}, summary), el("ol", {}, ...examples.map((example) => row(example, acts))));
}
