// The same call as code, to copy.

import { by } from "./dom.js";
import { tabs } from "./tabs.js";

const LANGUAGES = [
  { id: "lua", label: "Lua", mode: "lua" },
  { id: "cli", label: "Shell", mode: "shell" },
  { id: "nginx", label: "nginx", mode: "nginx" },
];

export class Code {
  /** `say(text)` tells what was done. */
  constructor(say) {
    this.texts = {};
    tabs(by("languages"), by("code"), LANGUAGES, (id) => {
      this.chosen = id;
      this.draw();
    });
    by("copy").addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.texts[this.chosen] ?? "").then(() => say("Copied."), () => say("The browser does not let the page copy."));
    });
  }

  /** Shows the texts of a call: { lua, cli, nginx }. */
  show(texts = {}) {
    this.texts = texts;
    this.draw();
  }

  draw() {
    const { mode } = LANGUAGES.find(({ id }) => id === this.chosen);
    window.CodeMirror.runMode(this.texts[this.chosen] ?? "", mode, by("code-text"));
  }
}
