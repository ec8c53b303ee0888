// The request as it goes out, and the answer with each field marked by its class.

import { by, el, spoken } from "./dom.js";

const CLASSES = {
  plain: { mark: "○", word: "plain" },
  declared: { mark: "◆", word: "secret, declared" },
  undeclared: { mark: "▲", word: "secret, because undeclared" },
};

function headers(list) {
  return el("dl", { class: "headers" }, ...list.map(({ name, value, secret }) => el("div", { class: secret ? "secret" : undefined },
    el("dt", {}, name), el("dd", {}, value, secret && el("span", { class: "mark declared", title: "masked here" }, " ◆", spoken(" masked here"))))));
}

function request({ method, url, headers: list, body }) {
  return [el("h3", {}, "Request"),
    el("p", { class: "line" }, el("strong", {}, method), " ", url),
    headers(list),
    body && el("pre", { class: "body" }, body)];
}

function field({ path, value, class: name, type }) {
  const { mark, word } = CLASSES[name];
  return el("tr", { class: name, title: type && `${word}: ${type}` },
    el("td", { class: "kind" }, el("span", { class: `mark ${name}`, "aria-hidden": "true" }, mark), spoken(word)),
    el("th", { scope: "row" }, path),
    el("td", { class: "value" }, String(value)));
}

function answer({ status, headers: list = [], fields = [], note }) {
  const head = el("tr", { class: "spoken" }, ...["Class", "Field", "Value"].map((title) => el("th", { scope: "col" }, title)));
  return [el("h3", {}, "Answer ", el("span", { class: status < 300 ? "status fine" : "status bad" }, `HTTP ${status}`)),
    list.length > 0 && el("details", { open: by("exchange").querySelector("details")?.open }, el("summary", {}, `${list.length} headers`), headers(list)),
    note && el("p", { class: "note" }, note),
    fields.length > 0 && el("table", { class: "answer" }, el("thead", {}, head), el("tbody", {}, ...fields.map(field)))];
}

/** Shows both; the answer is absent where none came. */
export function showExchange(result) {
  by("exchange").replaceChildren(...[result.request && request(result.request), result.answer && answer(result.answer)].flat().filter(Boolean));
}
