// A request to a stand-in as it came, and what all of them check alike. What a provider refuses is thrown as a Refusal in the provider's own form.
import { timingSafeEqual, createHash } from "node:crypto";

export class Refusal extends Error {
  constructor(answer, why) {
    super(why);
    this.answer = answer;
  }
}

const digest = (text) => createHash("sha256").update(String(text ?? "")).digest();

/** Whether two texts are the same, in a time that tells nothing. */
export const same = (a, b) => typeof a === "string" && typeof b === "string" && timingSafeEqual(digest(a), digest(b));

/** Whether a moment (in milliseconds) is at most so many seconds from now. */
export const near = (moment, seconds) => Number.isFinite(moment) && Math.abs(Date.now() - moment) <= seconds * 1000;

/** A function that is true for each value only once: for nonces, salts, tokens. */
export function once() {
  const used = new Set();
  return (value) => !used.has(value) && Boolean(used.add(value));
}

export class Request {
  /** @param message of node:http @param body a Buffer @param name the provider's, the first part of the path @param refuse (status, code, message) => answer */
  constructor(message, body, name, refuse) {
    const [path, ...query] = message.url.split("?");
    this.method = message.method;
    this.uri = message.url; // as it was signed, with the provider's name in front
    this.fullPath = path;
    this.path = path.slice(name.length + 1);
    this.query = query.join("?");
    this.arguments = [...new URLSearchParams(this.query)];
    this.headers = message.headers;
    this.counts = {};
    for (let i = 0; i < message.rawHeaders.length; i += 2) {
      const header = message.rawHeaders[i].toLowerCase();
      this.counts[header] = (this.counts[header] ?? 0) + 1;
    }
    this.origin = `${message.headers["x-forwarded-proto"] ?? "http"}://${message.headers.host}`;
    this.body = body;
    this.text = body.toString("utf8");
    this.refusal = refuse;
  }

  /** Ends the request with an error of the provider; `why` is for the log only. */
  refuse(status, code, message, why = message) {
    throw new Refusal(this.refusal(status, code, message), why);
  }

  /** A header that is there exactly once, or undefined. */
  header(name) {
    return this.counts[name] === 1 ? this.headers[name] : undefined;
  }

  /** The credential of an Authorization header of this scheme, or undefined. */
  authorization(scheme) {
    const value = this.header("authorization");
    return value?.startsWith(`${scheme} `) ? value.slice(scheme.length + 1) : undefined;
  }

  /** What the query says, where it has these names and no others, each once: { name: value }. */
  only(...names) {
    const values = Object.fromEntries(this.arguments);
    if (this.arguments.length !== Object.keys(values).length || Object.keys(values).some((name) => !names.includes(name))) {
      this.refuse(400, undefined, "Unexpected query parameter");
    }
    return values;
  }

  /** Nothing in the body, and no type of it. */
  bare() {
    if (this.body.length || this.headers["content-type"]) this.refuse(400, undefined, "Unexpected body");
  }

  /** The body, whose Content-Type must be one of these (compared without spaces and case). */
  typed(...types) {
    const given = (this.header("content-type") ?? "").replace(/\s+/g, "").toLowerCase();
    if (!types.includes(given)) this.refuse(415, undefined, `Content-Type must be ${types[0]}`);
    return this.text;
  }

  /** The JSON object in the body, with these members and no others: { name: typeof its value, or a function that checks it }; a name with ? may be missing. */
  json(members, ...types) {
    return this.object(this.typed(...(types.length ? types : ["application/json", "application/json;charset=utf-8"])), members);
  }

  /** The same of a text that is JSON, or of a value. */
  object(given, members) {
    let value = given;
    try {
      if (typeof given === "string") value = JSON.parse(given);
    } catch {
      this.refuse(400, undefined, "The body is not JSON");
    }
    if (value === null || typeof value !== "object" || Array.isArray(value)) this.refuse(400, undefined, "An object is wanted");
    const known = new Map(Object.entries(members).map(([name, check]) => [name.replace("?", ""), [check, name.endsWith("?")]]));
    for (const name of Object.keys(value)) {
      if (!known.has(name)) this.refuse(400, undefined, `${name} is unknown`);
    }
    for (const [name, [check, optional]] of known) {
      const fits = typeof check === "function" ? check(value[name]) : typeof value[name] === check;
      if (!(optional && value[name] === undefined) && !fits) this.refuse(400, undefined, `${name} is missing or malformed`);
    }
    return value;
  }

  /** Accept, if it is there, must allow this type. */
  accepts(type) {
    const given = this.headers.accept ?? "*/*";
    const fits = given.split(",").some((one) => ["*/*", "application/*", type].includes(one.split(";")[0].trim().toLowerCase()));
    if (!fits) this.refuse(406, undefined, `Accept must allow ${type}`);
  }
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const uuid = (value) => typeof value === "string" && UUID.test(value);
