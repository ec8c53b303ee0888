// The neutral record and what each role sees of it, as one table, with what the last edit changed.

import { by, el, spoken } from "./dom.js";
import { ROLES } from "./scripts.js";

const COLUMNS = ["record", ...ROLES];

/** The leaves of a table by their dotted paths, as texts. */
function leaves(table, prefix = "", found = new Map()) {
  for (const [name, value] of Object.entries(table)) {
    if (value !== null && typeof value === "object") {
      leaves(value, `${prefix}${name}.`, found);
    } else {
      found.set(prefix + name, String(value));
    }
  }
  return found;
}

/** A text that may be broken before what matches. */
function breakable(text, before) {
  return text.split(before).flatMap((part) => [part, el("wbr")]).slice(0, -1);
}

/** A mask may be broken behind each four characters, as a card prints its number, and a time before its hour. */
function value(text) {
  return breakable(text, text.includes("*") ? /(?<=^(?:.{4})+)/su : /(?=T\d\d:)/);
}

function shown(text) {
  return text === undefined
    ? el("span", { class: "absent" }, el("span", { "aria-hidden": "true" }, "–"), spoken("not shown"))
    : el("span", {}, ...value(text));
}

export class Views {
  /** `fields` are the names of the record's fields in the order of the rows. */
  constructor(fields = []) {
    this.order = new Map(fields.map((field, index) => [field, index]));
  }

  /**
   * Shows a result of `api/run`; `subject` names the call, and what is of another call is not compared. Returns the columns in which something changed.
   * Where there is no record, the last one stays and is dimmed.
   */
  show(result, subject) {
    by("views").classList.toggle("stale", !result.record);
    if (!result.record) {
      return [];
    }
    const before = subject === this.subject ? this.columns : undefined;
    this.subject = subject;
    this.before = before;
    this.wrong = ROLES.filter((role) => !result.views[role]);
    this.columns = { record: leaves(result.record) };
    for (const role of ROLES) {
      this.columns[role] = result.views[role] ? leaves(result.views[role]) : before?.[role] ?? new Map();
    }
    this.draw(result.record_secrets ?? {});
    return COLUMNS.filter((column) => this.changes(column).length > 0);
  }

  /** The paths of now and of before. */
  paths() {
    const found = new Set([this.columns, this.before ?? {}].flatMap((columns) => Object.values(columns).flatMap((column) => [...column.keys()])));
    return [...found].sort((a, b) => (this.order.get(a) ?? this.order.size) - (this.order.get(b) ?? this.order.size));
  }

  changed(column, path) {
    return this.before !== undefined && this.columns[column].get(path) !== this.before[column].get(path);
  }

  changes(column) {
    return this.paths().filter((path) => this.changed(column, path));
  }

  draw(secrets) {
    const head = [el("th", { scope: "col", role: "columnheader" }, "field"), ...COLUMNS.map((column) => this.head(column))];
    const table = el("table", { class: "sees", role: "table", "aria-labelledby": "views-title" },
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head)),
      el("tbody", { role: "rowgroup" }, ...this.paths().map((path) => this.row(path, secrets[path]))));
    by("views").replaceChildren(el("p", { class: "note" }, "As it was before the mistake in a script."), table);
  }

  head(column) {
    const changes = this.changes(column).length;
    const wrong = this.wrong.includes(column);
    return el("th", { scope: "col", role: "columnheader", "data-column": column }, column,
      wrong && el("span", { class: "count", title: "a mistake in its policy" }, "✕", spoken(" a mistake in its policy: as it was before")),
      changes > 0 && el("span", { class: "changes" }, el("span", { "aria-hidden": "true" }, "●"), `${changes}`, spoken(" changed")));
  }

  row(path, secret) {
    return el("tr", { role: "row", "data-field": path }, el("th", { scope: "row", role: "rowheader" }, ...breakable(path, /(?<=\.)/)),
      ...COLUMNS.map((column) => this.cell(column, path, column === "record" && secret)));
  }

  cell(column, path, secret) {
    const changed = this.changed(column, path);
    const before = changed ? `before: ${this.before[column].get(path) ?? "not shown"}` : undefined;
    const name = [changed && "changed", this.wrong.includes(column) && "wrong"].filter(Boolean).join(" ") || undefined;
    return el("td", { role: "cell", class: name, title: before, "data-column": column },
      shown(this.columns[column].get(path)),
      secret && el("span", { class: "mark declared", title: `secret: ${secret}` }, " ◆", spoken(` secret: ${secret}`)),
      changed && el("span", { class: "mark changed" }, " ●", spoken(" changed")));
  }
}
