// The page: reads the form and the scripts, asks, and hands the answer to the panels. An edit asks by itself, a moment after the last key.

import { asker, catalogue } from "./api.js";
import { Code } from "./code.js";
import { by } from "./dom.js";
import { showExamples } from "./examples.js";
import { showExchange } from "./exchange.js";
import { showFailure } from "./failure.js";
import { Call } from "./form.js";
import { ROLES, Scripts } from "./scripts.js";
import { Timeline } from "./timeline.js";
import { Views } from "./views.js";

const PAUSE = 250; // milliseconds after the last key

function say(text) {
  by("status").textContent = text;
}

/** A function that calls `act` when nothing called it for a while, or now. */
function patient(act) {
  let timer;
  return (now) => {
    clearTimeout(timer);
    timer = setTimeout(act, now ? 0 : PAUSE);
  };
}

class Playground {
  constructor(offers) {
    this.ask = asker("api/run");
    this.check = asker("api/check");
    this.runSoon = patient(() => this.run());
    this.defineSoon = patient(() => this.define());
    this.views = new Views(offers.fields);
    this.timeline = new Timeline();
    this.code = new Code(say);
    this.scripts = new Scripts({ ...offers.policies, definition: offers.definition }, (id) => (id === "definition" ? this.defineSoon() : this.runSoon()));
    this.call = new Call(offers, { changed: (now) => this.runSoon(now), operationChanged: () => this.takeMapping() });
    this.takeMapping();
  }

  takeMapping() {
    if (this.call) {
      this.scripts.setMapping(`${this.call.provider.name}.${this.call.operation.name}`, this.call.operation.mapping);
    }
  }

  async run() {
    const question = { ...this.call.read(), ...this.scripts.read() };
    if (this.call.defined) {
      question.definition = this.scripts.text("definition");
    }
    by("run").setAttribute("aria-busy", "true");
    const result = await this.ask(question);
    if (result) {
      by("run").removeAttribute("aria-busy");
      this.show(result, `${question.provider}.${question.operation}`);
    }
  }

  show(result, subject) {
    const mistakes = result.mistakes ?? {};
    this.scripts.setMistakes("mapping", mistakes.mapping);
    for (const role of ROLES) {
      this.scripts.setMistakes(role, mistakes.policies?.[role]);
    }
    showExchange(result);
    showFailure(result.error);
    by("views").hidden = result.error !== undefined;
    const changed = this.views.show(result, subject);
    this.timeline.show(result.timeline);
    this.code.show(result.code);
    this.tell(result, changed);
  }

  tell(result, changed) {
    if (result.error) {
      say(`The call failed: ${result.error.kind}.`);
    } else if (!result.record) {
      say("No record: see the mistakes.");
    } else {
      say(changed.length > 0 ? `Changed: ${changed.join(", ")}.` : `${result.request ? "Answered" : "Read as"} HTTP ${result.answer.status}.`);
    }
  }

  /** Checks the definition, and makes a provider of it. */
  async define() {
    const result = await this.check({ kind: "definition", text: this.scripts.text("definition") });
    if (!result) {
      return;
    }
    const mistakes = result.error ? [{ message: result.error.message }] : result.mistakes;
    this.scripts.setMistakes("definition", mistakes);
    if (result.provider) {
      this.call.define(result.provider);
      showExamples(result.examples ?? [], {
        attempt: (example) => {
          this.call.tryExample(example);
          this.run();
        },
        go: (line) => this.scripts.go(line),
      });
      if (this.call.defined) {
        this.run();
      }
    }
  }
}

const offers = await catalogue();
if (offers.error) {
  showFailure(offers.error);
} else {
  by("version").textContent = offers.version;
  const playground = new Playground(offers);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      playground.runSoon(true);
    }
  });
  playground.run();
  playground.define();
}
