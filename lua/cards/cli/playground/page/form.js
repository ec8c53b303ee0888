// The call: provider, operation, parameters, and where the answer comes from.

import { by, el } from "./dom.js";

const DEFINITION = "definition"; // no provider of the catalogue has this as its option's value

function option(value, label = value) {
  return el("option", { value }, label);
}

/** The control of one parameter, with a value in it. */
function control(parameter, value) {
  const id = `param-${parameter.name}`;
  const choices = parameter.enum ?? (parameter.type === "boolean" && ["true", "false"]);
  const attributes = { id, name: parameter.name, "aria-required": parameter.required ? "true" : undefined };
  let input;
  if (choices) {
    input = el("select", attributes, !parameter.required && option("", "not sent"), ...choices.map((choice) => option(String(choice))));
  } else {
    input = el("input", {
      ...attributes, type: "text", spellcheck: "false", inputmode: parameter.type === "integer" ? "numeric" : undefined,
      placeholder: parameter.default !== undefined ? String(parameter.default) : parameter.required ? undefined : "not sent",
    });
  }
  if (value !== undefined) {
    input.value = String(value);
  }
  return el("label", { class: "field" }, parameter.name, input);
}

function typed(parameter, text) {
  if (parameter.type === "boolean") {
    return text === "true";
  }
  return ["integer", "number"].includes(parameter.type) && Number.isFinite(Number(text)) ? Number(text) : text;
}

export class Call {
  /** `changed(urgent)` is called for each edit; `operationChanged()` when another operation is chosen. */
  constructor(catalogue, { changed, operationChanged }) {
    this.providers = new Map(catalogue.providers.map((provider) => [provider.name, provider]));
    this.misbehaviours = new Set(catalogue.misbehaviours.map(({ id }) => id));
    this.operationChanged = operationChanged;
    by("provider").append(el("optgroup", { label: "Built in" }, ...catalogue.providers.map(({ name }) => option(name))));
    by("misbehaviours").append(...catalogue.misbehaviours.map(({ id, text }) => el("option", { value: id }, text)));
    by("provider").addEventListener("change", () => this.chooseProvider());
    by("operation").addEventListener("change", () => this.chooseOperation());
    by("source").addEventListener("change", () => this.chooseSource());
    by("call").addEventListener("change", () => changed(true));
    by("call").addEventListener("input", ({ target }) => (target.id !== "misbehaviour" || this.knownMisbehaviour()) && changed(false));
    by("call").addEventListener("submit", (event) => {
      event.preventDefault();
      changed(true);
    });
    this.chooseProvider();
  }

  get provider() {
    return this.providers.get(by("provider").value);
  }

  get operation() {
    return this.provider.operations.find(({ name }) => name === by("operation").value);
  }

  /** Whether the provider is the one of the definition in the editor. */
  get defined() {
    return by("provider").value === DEFINITION;
  }

  knownMisbehaviour() {
    const names = by("misbehaviour").value.split(",").map((part) => part.split("=")[0].trim());
    return names.every((name) => name === "" || this.misbehaviours.has(name));
  }

  chooseProvider(operation) {
    by("operation").replaceChildren(...this.provider.operations.map(({ name }) => option(name)));
    if (operation) {
      by("operation").value = operation;
    }
    by("source").options[0].disabled = this.defined;
    by("source").value = this.defined ? "pasted" : "sandbox";
    this.chooseOperation();
  }

  chooseOperation(parameters = this.operation.example?.params ?? {}, answer = this.operation.example?.answer) {
    by("params").replaceChildren(...(this.operation.params ?? []).map((parameter) => control(parameter, parameters[parameter.name])));
    by("answer-status").value = answer?.status ?? 200;
    by("answer-body").value = answer?.body ?? "{}";
    this.chooseSource();
    this.operationChanged();
  }

  chooseSource() {
    const pasted = by("source").value === "pasted";
    by("pasted").hidden = !pasted;
    by("misbehaves").hidden = pasted;
  }

  /** Takes the provider that a definition describes, and keeps what is typed where it is the chosen one. */
  define(provider) {
    const first = !this.providers.has(DEFINITION);
    this.providers.set(DEFINITION, provider);
    if (first) {
      by("provider").append(el("optgroup", { label: "Defined here" }, option(DEFINITION)));
    }
    by("provider").querySelector(`option[value="${DEFINITION}"]`).textContent = `${provider.name} (definition)`;
    if (this.defined) {
      const before = this.read();
      const name = provider.operations.some((operation) => operation.name === before.operation) ? before.operation : provider.operations[0].name;
      by("operation").replaceChildren(...provider.operations.map((operation) => option(operation.name)));
      by("operation").value = name;
      this.chooseOperation(before.params, before.answer);
    }
  }

  /** Chooses the definition's provider with an answer to try. */
  tryExample({ operation, answer }) {
    by("provider").value = DEFINITION;
    this.chooseProvider(operation);
    this.chooseOperation(undefined, answer);
  }

  /** What is asked for, as `api/run` takes it. */
  read() {
    const params = {};
    for (const input of by("params").querySelectorAll("input, select")) {
      const parameter = this.operation?.params.find(({ name }) => name === input.name);
      if (parameter && input.value !== "") {
        params[input.name] = typed(parameter, input.value);
      }
    }
    const question = { provider: this.provider.name, operation: by("operation").value, params };
    if (by("source").value === "pasted") {
      question.answer = { status: Number(by("answer-status").value), body: by("answer-body").value };
    } else if (by("misbehaviour").value.trim() !== "") {
      question.misbehaviour = by("misbehaviour").value.trim();
    }
    return question;
  }
}
