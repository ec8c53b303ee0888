// A list of tabs: one can be reached by Tab, the others by the arrow keys, Home and End.

import { by, el } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/**
 * Fills a tablist. `entries` are { id, label, spoken? }; `chosen(id)` is called for the first one now and for each that is chosen.
 * Returns the elements by id, and `choose(id)`.
 */
export function tabs(list, panel, entries, chosen) {
  const elements = {};
  function choose(id) {
    for (const entry of entries) {
      const selected = entry.id === id;
      elements[entry.id].setAttribute("aria-selected", selected);
      elements[entry.id].tabIndex = selected ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", elements[id].id);
    chosen(id);
  }
  for (const { id, label } of entries) {
    elements[id] = el("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": panel.id, click: () => choose(id) }, ...[label].flat());
    list.append(elements[id]);
  }
  list.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined) {
      return;
    }
    event.preventDefault();
    const at = entries.findIndex(({ id }) => elements[id] === document.activeElement);
    const next = Number.isFinite(step) ? (at + step + entries.length) % entries.length : step < 0 ? 0 : entries.length - 1;
    choose(entries[next].id);
    elements[entries[next].id].focus();
  });
  choose(entries[0].id);
  return { elements, choose };
}

/** Moves the focus to the selected tab of a list. */
export function focusSelected(id) {
  by(id).querySelector('[aria-selected="true"]').focus();
}
