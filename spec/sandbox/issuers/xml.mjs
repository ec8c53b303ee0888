// As much of XML as the stand-ins of SOAP services need: elements, namespaces, text; no document type, no other entities than the five.

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const TOKEN = /<\?xml[^?]*\?>|<!--[\s\S]*?-->|<(\/?)([\w.:-]+)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

function plain(text) {
  return text.replace(/&(\w+);|&/g, (_, name) => ENTITIES[name] ?? fail("an entity that is not known"));
}

function fail(why) {
  throw new SyntaxError(why);
}

/** The name of an element with its namespace in front, "{http://…}Envelope". */
function named(name, scope) {
  const [local, prefix = ""] = name.split(":").reverse();
  if (prefix && !(prefix in scope)) fail(`the prefix ${prefix} is not declared`);
  return scope[prefix] ? `{${scope[prefix]}}${local}` : local;
}

/** Reads a document. @return the root, { name, children: [ … ], text }. Throws a SyntaxError. */
export function parse(source) {
  const top = { children: [], text: "" };
  const open = [{ node: top, tag: "", scope: {} }];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const [whole, closing, tag, attributes, empty, text] = TOKEN.exec(source) ?? fail("no XML");
    const last = open[open.length - 1];
    if (text !== undefined) {
      last.node.text += plain(text);
    } else if (closing) {
      if (open.length < 2 || last.tag !== tag) fail(`${whole} closes nothing`);
      open.pop();
    } else if (tag) {
      const scope = { ...last.scope };
      for (const [, prefix, uri] of attributes.matchAll(/\sxmlns(?::([\w.-]+))?\s*=\s*["']([^"']*)["']/g)) scope[prefix ?? ""] = uri;
      const node = { name: named(tag, scope), children: [], text: "" };
      last.node.children.push(node);
      if (!empty) open.push({ node, tag, scope });
    }
  }
  if (open.length !== 1 || top.children.length !== 1 || top.text.trim()) fail("not one whole document");
  return top.children[0];
}

/** A text for a place between tags. */
export const escape = (text) => String(text).replace(/[<>&"']/g, (c) => `&${Object.keys(ENTITIES).find((name) => ENTITIES[name] === c)};`);
