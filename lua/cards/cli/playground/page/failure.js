// A call that failed: its kind, its message and what else is known of it.

import { by, el } from "./dom.js";

const DETAILS = {
  status: "HTTP status", code: "code", retryable: "worth another try", retry_after: "not before (s)", attempts: "tries", request_id: "request id",
};

function detail([name, title], value) {
  return el("div", {}, el("dt", {}, title), el("dd", { "data-detail": name }, value === true ? "yes" : value === false ? "no" : String(value)));
}

function panel(error) {
  return [
    el("h3", {}, el("span", { "aria-hidden": "true" }, "✕ "), "The call failed: ", el("code", {}, error.kind)),
    el("p", {}, error.message),
    el("dl", {}, ...Object.entries(DETAILS).filter(([name]) => error[name] !== undefined).map((entry) => detail(entry, error[entry[0]]))),
  ];
}

/** Shows an error, or none. It is read out; the same one is not written, and so not read out, again. */
export function showFailure(error) {
  const place = by("failure");
  const told = error ? `${error.kind} ${error.message}` : "";
  if (place.dataset.told !== told) {
    place.dataset.told = told;
    place.replaceChildren(...(error ? panel(error) : []));
  }
}
