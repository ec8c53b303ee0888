// The scripts in the editor: one document each, of which one is shown.

import { by, el, spoken } from "./dom.js";
import { mark, list } from "./mistakes.js";
import { focusSelected, tabs } from "./tabs.js";

export const ROLES = ["support", "cardholder", "audit"];

const ABOUT = {
  mapping: "From the provider's fields to the neutral record.",
  support: "What support staff may see; the rest is masked.",
  cardholder: "What holders may see; the rest is masked.",
  audit: "What a log may keep; the rest is masked.",
  definition: "A provider as a table, tried against its own examples.",
};

function label(id) {
  const title = id[0].toUpperCase() + id.slice(1);
  return [title, ROLES.includes(id) && spoken(" policy"), el("span", { class: "count", hidden: true })].filter(Boolean);
}

function createEditor(host) {
  const editor = window.CodeMirror(host, {
    mode: "lua", inputStyle: "contenteditable", theme: "cards", lineNumbers: true, indentUnit: 2, tabSize: 2, matchBrackets: true, lineWrapping: false,
    gutters: ["mistake", "CodeMirror-linenumbers"],
    // Tab moves the focus on, as everywhere else on the page.
    extraKeys: { Tab: false, "Shift-Tab": false, Esc: () => focusSelected("tabs") },
  });
  editor.getInputField().setAttribute("role", "textbox");
  editor.getInputField().setAttribute("aria-multiline", "true");
  return editor;
}

export class Scripts {
  /** `texts` are by id, but for the mapping's, which `setMapping` brings; `changed(id)` is called for each edit of a script. */
  constructor(texts, changed) {
    this.editor = createEditor(by("source-text"));
    this.pages = {};
    this.mappings = new Map();
    this.changed = changed;
    for (const id of ["mapping", ...ROLES, "definition"]) {
      this.pages[id] = this.page(id, texts[id] ?? "");
    }
    const { elements, choose } = tabs(by("tabs"), by("editor"), Object.keys(this.pages).map((id) => ({ id, label: label(id) })), (id) => this.show(id));
    this.tabs = elements;
    this.choose = choose;
    by("reset").addEventListener("click", () => this.pages[this.shown].doc.setValue(this.pages[this.shown].original));
  }

  page(id, text) {
    const page = { doc: window.CodeMirror.Doc(text, "lua"), original: text, mistakes: [], marked: [], fixed: false };
    page.doc.on("change", () => {
      by("reset").disabled = page.doc.getValue() === page.original;
      this.changed(id);
    });
    return page;
  }

  show(id) {
    const page = this.pages[id];
    this.shown = id;
    by("about").textContent = ABOUT[id];
    this.editor.swapDoc(page.doc);
    this.editor.setOption("readOnly", page.fixed);
    this.editor.setOption("screenReaderLabel", ROLES.includes(id) ? `Policy of ${id}` : id[0].toUpperCase() + id.slice(1));
    by("reset").disabled = page.doc.getValue() === page.original;
    by("examples").hidden = id !== "definition";
    list(by("mistakes"), page.mistakes, (line) => this.go(line));
    this.editor.refresh();
  }

  /** The mapping of an operation, as it was left; `text` is what it begins with, and nothing where it cannot be edited. */
  setMapping(name, text) {
    const known = this.mappings.get(name) ?? this.page("mapping", text ?? `-- The mapping of ${name} stands in its definition, as \`card\`.\n`);
    known.fixed = text === undefined;
    this.mappings.set(name, known);
    this.pages.mapping = known;
    if (this.shown === "mapping") {
      this.show("mapping");
    }
  }

  text(id) {
    return this.pages[id].doc.getValue();
  }

  /** The texts that belong to each call. */
  read() {
    const { mapping } = this.pages;
    return { mapping: mapping.fixed ? undefined : mapping.doc.getValue(), policies: Object.fromEntries(ROLES.map((role) => [role, this.text(role)])) };
  }

  /** Marks the mistakes of a script at their lines, { line, message } each; none takes the marks away. */
  setMistakes(id, mistakes = []) {
    const page = this.pages[id];
    page.mistakes = mistakes;
    page.marked = mark(page.doc, page.marked, mistakes);
    const count = this.tabs[id].querySelector(".count");
    count.hidden = mistakes.length === 0;
    count.replaceChildren(...(mistakes.length > 0 ? [String(mistakes.length), spoken(mistakes.length === 1 ? " mistake" : " mistakes")] : []));
    if (this.shown === id) {
      list(by("mistakes"), mistakes, (line) => this.go(line));
    }
  }

  go(line) {
    this.editor.setCursor(line - 1, 0);
    this.editor.focus();
  }
}
