// What everybody who does not look at a page needs of it: axe-core's rules of WCAG 2.1 AA, and a name for each control.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const axe = readFileSync(new URL("../../../build/node/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
const CONTROLS = new Set([
  "button", "checkbox", "combobox", "link", "listbox", "menuitem", "option", "radio", "searchbox", "slider", "spinbutton", "switch", "tab", "textbox",
]);

/** axe-core's violations: texts. It runs in a world of its own, so that the page's policy does not stop it. */
export async function violations(page) {
  const { frameTree } = await page.session.send("Page.getFrameTree");
  const world = await page.session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
  const evaluate = (expression) =>
    page.session.send("Runtime.evaluate", { expression, contextId: world.executionContextId, awaitPromise: true, returnByValue: true });
  await evaluate(`${axe};0`);
  const { result, exceptionDetails } = await evaluate(`axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ["violations"] })`);
  assert.equal(exceptionDetails, undefined);
  assert.ok(result.value.passes.length > 0, "axe-core looked at nothing");
  return result.value.violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target} ${node.failureSummary}`));
}

/** The controls of the accessibility tree: a list of { role, name }. */
export async function controls(page) {
  const { nodes } = await page.session.send("Accessibility.getFullAXTree");
  return nodes.filter((node) => !node.ignored && CONTROLS.has(node.role?.value)).map((node) => ({ role: node.role.value, name: node.name?.value ?? "" }));
}

/** Fails where axe-core finds a violation or a control has no name. @return the controls */
export async function assertAccessible(page) {
  assert.deepEqual(await violations(page), []);
  const found = await controls(page);
  assert.ok(found.length > 0, "the page has no control");
  assert.deepEqual(found.filter(({ name }) => name.trim() === ""), [], "a control has no name");
  return found;
}
