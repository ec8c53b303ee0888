// node server.mjs SOCKET KEYS: the stand-ins of the providers in provider/, each below /<its name>/, on a Unix socket behind the sandbox's nginx.
//
// A provider's file exports, by default, a function of { config, card, keys }: what issuers.json says of it, and the keys. It gives back
//   refuse(status, code, message)   an error in the provider's form, as { status, type, body }
//   routes                          a list of [ method, path, handle, accept ]; a path may have {placeholders}; accept is the type of the answer where it is
//                                   not JSON. handle(request, values) is given a Request and returns { status, type, body, headers }, or an object,
//                                   which is answered with 200 as JSON
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { Refusal, Request } from "./request.mjs";
import { read } from "./keys.mjs";

const [socket, folder] = process.argv.slice(2);
const about = JSON.parse(readFileSync(new URL("issuers.json", import.meta.url)));
const keys = read(folder);
const providers = {};
for (const [name, { config, card }] of Object.entries(about)) {
  const { default: make } = await import(`./provider/${name}.mjs`);
  const made = make({ config, card, keys });
  const routes = made.routes.map(([method, path, handle, accept = "application/json"]) => {
    const pattern = path.replace(/[.]/g, "\\$&").replace(/{(\w+)}/g, "(?<$1>[^/]+)");
    return { method, handle, accept, path: new RegExp(`^${pattern}$`) };
  });
  providers[name] = { refuse: made.refuse, routes };
}

/** Finds what answers a request, and has it answered. */
async function answer(request, provider) {
  const fitting = provider.routes.filter((route) => route.path.test(request.path));
  if (!fitting.length) request.refuse(404, undefined, "Not found", `no such path: ${request.path}`);
  const route = fitting.find((one) => one.method === request.method);
  if (!route) request.refuse(405, undefined, "Method not allowed", `${request.method} is not allowed`);
  request.accepts(route.accept);
  const values = {};
  for (const [name, text] of Object.entries(route.path.exec(request.path).groups ?? {})) {
    if (/%(?![0-9A-Fa-f]{2})/.test(text)) request.refuse(400, undefined, "The path is malformed");
    values[name] = decodeURIComponent(text);
  }
  return route.handle(request, values);
}

async function serve(message, response) {
  const parts = [];
  for await (const part of message) parts.push(part);
  const name = message.url.split(/[/?]/)[1];
  const provider = providers[name] ?? { routes: [], refuse: (status, _, error) => ({ status, body: { error } }) };
  let made;
  let why = "ok";
  try {
    made = await answer(new Request(message, Buffer.concat(parts), name, provider.refuse), provider);
    if (!("body" in made)) made = { body: made };
  } catch (error) {
    made = error instanceof Refusal ? error.answer : provider.refuse(500, undefined, "Internal error");
    why = error instanceof Refusal ? error.message : error.stack;
  }
  const text = typeof made.body === "string" || made.body === undefined ? made.body ?? "" : JSON.stringify(made.body);
  const status = made.status ?? 200;
  const type = text ? { "Content-Type": made.type ?? "application/json" } : {};
  response.writeHead(status, { ...type, "Content-Length": Buffer.byteLength(text), ...made.headers });
  response.end(text);
  console.log(`${new Date().toISOString()} ${name} ${message.method} ${status}: ${why}`);
}

createServer(serve).listen(socket);
