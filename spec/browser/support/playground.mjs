// A playground of the specs' own, and what they do on its page.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, start } from "./server.mjs";
import { folder } from "./browser.mjs";

/** Starts `cards playground` in a folder of its own, until the specs end. @return its address */
export async function startPlayground() {
  const dir = mkdtempSync(join(folder, "playground-"));
  const env = {
    LUA_PATH: "lua/?.lua;lua/?/init.lua;;", LUA_CPATH: join(build, "5.4/?.so;;"), LUA_CPATH_5_1: join(build, "luajit/?.so"),
  };
  let url;
  await start("lua5.4", ["lua/cards/cli/cards", "playground", "--dir", dir], {
    env, ready: (printed) => (url = printed().match(/^http:\/\/127\.0\.0\.1:\d+\/\w+\/$/m)?.[0]),
  });
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  return url;
}

/** One page of the playground. */
export class Playground {
  static async open(visit, url, provider) {
    const playground = new Playground();
    playground.page = await visit.page();
    await playground.page.goto(url);
    await playground.waitForRecord("number");
    if (provider) await playground.choose(provider);
    return playground;
  }

  async choose(provider) {
    await this.page.select("#provider", provider);
    await this.waitForRecord("provider", provider);
  }

  /** Waits until an expression of the page is true, which is given the words behind it. */
  wait(condition, ...words) {
    return this.page.waitForFunction(condition, { timeout: 60000 }, ...words);
  }

  /** Waits until a field of the record is there, with this text where one is given. */
  waitForRecord(field, text) {
    return this.waitForCell(field, "record", text);
  }

  waitForCell(field, column, text) {
    return this.wait((row, name, wanted) => {
      const cell = document.querySelector(`#views:not([hidden], .stale) [data-field="${row}"] td[data-column="${name}"] span`);
      return cell && (wanted === undefined || cell.textContent === wanted);
    }, field, column, text);
  }

  /** Waits until an element has this text in it. */
  waitForText(selector, text) {
    return this.wait((place, wanted) => document.querySelector(place)?.textContent.includes(wanted), selector, text);
  }

  texts(selector) {
    return this.page.$$eval(selector, (elements) => elements.map((element) => element.textContent.trim()));
  }

  /** Shows a script, selects a text in it and types another in its place, key by key. */
  async edit(tab, from, to) {
    await this.page.click(`#tab-${tab}`);
    await this.page.evaluate((text) => {
      const editor = document.querySelector(".CodeMirror").CodeMirror;
      const at = editor.getValue().indexOf(text);
      if (at < 0) throw new Error(`the script has no ${text}`);
      editor.setSelection(editor.posFromIndex(at), editor.posFromIndex(at + text.length));
      editor.focus();
    }, from);
    await (to === "" ? this.page.keyboard.press("Backspace") : this.page.keyboard.type(to));
  }

  /** The fields that are marked as changed, with their columns. */
  changed() {
    return this.page.$$eval("td.changed", (cells) => cells.map((cell) => `${cell.parentNode.dataset.field} ${cell.dataset.column}`));
  }

  /** The line numbers that have a mark in the gutter. */
  marked() {
    return this.page.$$eval(".gutter-mark", (marks) =>
      marks.map((mark) => Number(mark.closest(".CodeMirror-gutter-wrapper").querySelector(".CodeMirror-linenumber").textContent)));
  }
}
