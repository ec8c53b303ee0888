// <card-reveal endpoint="/reveal/card" card="c_1" last4="1111" seconds="30">: shows a card's number, expiry and security code to its holder, for a while.
// They come as a JWE for a key that is made for this one time and cannot leave the browser. README.md says what the endpoint has to answer.

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const FAILED = { 400: "request", 401: "session", 403: "forbidden", 404: "unknown", 409: "nonce", 413: "request", 415: "request" };
const STYLE = await new CSSStyleSheet().replace(await (await fetch(new URL("card-reveal.css", import.meta.url))).text());

class Failure extends Error {} // its message is a key of `texts`

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const joined = (...lists) => Uint8Array.from(lists.flatMap((list) => [...list]));
const json = (buffer) => JSON.parse(new TextDecoder().decode(buffer));
const clocks = () => [Date.now(), performance.now()]; // the one may be set back, the other stand still while the machine sleeps
const whole = ({ number, cvv, exp_month, exp_year }) => typeof number === "string" && typeof cvv === "string" && exp_month > 0 && exp_year > 0;
const length = (count) => [0, 0, count >> 8, count & 255];
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

async function post(url, body, signal) {
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal, cache: "no-store", redirect: "error" };
  const answer = await fetch(url, asked).catch(() => { throw new Failure("network"); });
  if (!answer.ok) throw new Failure(FAILED[answer.status] ?? "service");
  return answer;
}

// The content's key out of the two halves of ECDH: RFC 7518, section 4.6, with neither apu nor apv.
async function contentKey(epk, privateKey) {
  const theirs = await crypto.subtle.importKey("jwk", { kty: epk.kty, crv: epk.crv, x: epk.x, y: epk.y }, CURVE, false, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256));
  const known = joined(length(1), shared, length(7), new TextEncoder().encode("A256GCM"), length(0), length(0), length(256));
  const key = new Uint8Array(await crypto.subtle.digest("SHA-256", known));
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  for (const list of [shared, known, key]) list.fill(0);
  return imported;
}

// Opens a JWE (RFC 7516) that was made for this page and this request. `now` is unix time in seconds.
async function open(jwe, privateKey, { audience, nonce, now }) {
  try {
    const [protect, key, iv, ciphertext, tag, ...more] = jwe.trim().split(".");
    const header = json(bytes(protect));
    if (key || more.length || header.alg !== "ECDH-ES" || header.enc !== "A256GCM" || header.crit || header.zip) throw new Failure("tampered");
    if (header.audience !== audience) throw new Failure("audience");
    if (header.nonce !== nonce || header.purpose !== "show_card") throw new Failure("replayed");
    if (!(header.exp > now)) throw new Failure("expired");
    const algorithm = { name: "AES-GCM", iv: bytes(iv), additionalData: new TextEncoder().encode(protect) };
    const plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, await contentKey(header.epk, privateKey), joined(bytes(ciphertext), bytes(tag))));
    const card = json(plain);
    plain.fill(0);
    if (!whole(card)) throw new Failure("service");
    return card;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure("tampered");
  }
}

/** Its events bubble and have nothing of the card in them: card-reveal-shown, card-reveal-hidden (detail.reason), card-reveal-failed (detail.code). */
export class CardReveal extends HTMLElement {
  /** What it says: elements that are made afterwards have other words that are put here. */
  static texts = {
    card: (last4) => (last4 ? `Card ending in ${last4}` : "Card"), number: "Card number", expiry: "Expires", cvv: "Security code", unseen: "hidden",
    show: "Show details", cancel: "Cancel", hide: "Hide details", copy: "Copy number", kept: "The browser does not let this page copy.",
    copied: "Number copied. It stays in the clipboard until you copy something else.", shown: (seconds) => `Details are shown for ${seconds} seconds.`,
    left: (seconds) => `${seconds} seconds left.`, countdown: (seconds) => `${seconds} s`, hidden: "Details are hidden.",
    insecure: "This page is not secure. Open it by https.", session: "Your session has ended. Sign in again.",
    forbidden: "These details may not be shown here.", unknown: "There is no such card in your account.", request: "The request was not understood.",
    nonce: "This request was used before, or came too late. Try again.", expired: "The answer came too late. Try again.",
    tampered: "The answer was changed on its way, or is not for this browser. Nothing is shown.", network: "There is no connection. Try again.",
    audience: "The answer was made for another site. Nothing is shown.", replayed: "The answer belongs to another request. Nothing is shown.",
    service: "The details cannot be shown at the moment. Try again later.",
  };
  static observedAttributes = ["endpoint", "card", "last4"];
  #act = null; // what goes on: { abort }, and once something is shown { number, ends, ticking }
  #listening; // ends when the element leaves the page
  #group = make("div", { role: "group" });
  #fields = ["number", "expiry", "cvv"].map((name) => [name, make("dd", { part: name, translate: "no" })]);
  #toggle = make("button", { type: "button" });
  #copy = make("button", { type: "button" }, CardReveal.texts.copy);
  #status = make("span", { role: "status" });
  #countdown = make("span", { "aria-hidden": "true" }); // a screen reader hears the status, which changes seldom
  #alert = make("p", { role: "alert" });

  constructor() {
    super();
    const list = make("dl", {}, ...this.#fields.map(([name, field]) => make("div", {}, make("dt", {}, CardReveal.texts[name]), field)));
    this.#group.append(list, make("div", { class: "buttons" }, this.#toggle, this.#copy), this.#alert, make("p", {}, this.#status, this.#countdown));
    this.attachShadow({ mode: "open" }).append(this.#group);
    this.shadowRoot.adoptedStyleSheets = [STYLE];
    this.#toggle.addEventListener("click", () => (this.#act ? this.hide("button") : this.reveal()));
    this.#copy.addEventListener("click", () => this.#copyNumber());
  }

  connectedCallback() {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    for (const name of ["blur", "pagehide"]) addEventListener(name, () => this.hide(name), { signal });
    addEventListener("keydown", (event) => event.key === "Escape" && this.hide("escape"), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.hide("invisible"), { signal });
    this.#draw();
  }

  disconnectedCallback() {
    this.hide("removed");
    this.#listening.abort();
  }

  attributeChangedCallback() {
    this.hide("changed");
    this.#draw();
  }

  /** Asks for the card and shows it, unless something hides it before. */
  async reveal() {
    if (this.#act || !this.isConnected) return; // out of the page nothing would hide it but the time
    const act = (this.#act = { abort: new AbortController() });
    this.#status.textContent = this.#alert.textContent = "";
    this.#draw();
    try {
      const card = await this.#ask(act.abort.signal);
      if (this.#act === act) this.#show(act, card);
    } catch (error) {
      if (this.#act !== act) return;
      const code = error instanceof Failure ? error.message : "service";
      this.hide("failed");
      this.#alert.textContent = CardReveal.texts[code];
      this.#emit("failed", { code });
    }
  }

  /** Takes the card out of the page and forgets it; `reason` is told to those who listen. */
  hide(reason = "script") {
    const act = this.#act;
    if (!act) return;
    this.#act = null;
    act.abort.abort();
    clearInterval(act.ticking);
    this.#draw();
    if (!act.ends) return;
    act.number = undefined;
    this.#status.textContent = CardReveal.texts.hidden;
    this.#emit("hidden", { reason });
  }

  async #ask(signal) {
    if (!crypto.subtle) throw new Failure("insecure");
    const endpoint = new URL(this.getAttribute("endpoint"), document.baseURI);
    const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    const { nonce } = await (await post(new URL("nonce", endpoint), {}, signal)).json();
    const answer = await post(endpoint, { card: this.getAttribute("card"), jwk: { kty, crv, x, y }, nonce }, signal);
    const now = (Date.parse(answer.headers.get("Date")) || Date.now()) / 1000; // a phone's own clock may be wrong
    return open(await answer.text(), pair.privateKey, { audience: location.origin, nonce, now });
  }

  #show(act, card) {
    const seconds = Math.min(Math.abs(Number(this.getAttribute("seconds"))) || 30, 300);
    Object.assign(act, { number: card.number, ends: clocks().map((now) => now + seconds * 1000), ticking: setInterval(() => this.#tick(act), 1000) });
    this.#draw(card);
    this.#countdown.textContent = CardReveal.texts.countdown(seconds);
    this.#status.textContent = CardReveal.texts.shown(seconds);
    this.#emit("shown", {});
  }

  #tick(act) {
    const left = Math.ceil(Math.min(...clocks().map((now, i) => act.ends[i] - now)) / 1000);
    if (left <= 0) return this.hide("timeout");
    this.#countdown.textContent = CardReveal.texts.countdown(left);
    if (left === 10) this.#status.textContent = CardReveal.texts.left(left);
  }

  async #copyNumber() {
    const copied = await navigator.clipboard.writeText(this.#act.number).then(() => true, () => false);
    if (this.#act) this.#status.textContent = CardReveal.texts[copied ? "copied" : "kept"];
  }

  #draw(card) { // without a card: dots
    const [{ texts }, last4] = [CardReveal, this.getAttribute("last4") ?? ""];
    const groups = (text) => [0, 4, 8, 12, 16].map((from) => text.slice(from, from + 4)).join(" ").trim(); // RegExp.input would keep what it has seen
    const shown = card && { number: groups(card.number), cvv: card.cvv,
      expiry: `${String(card.exp_month).padStart(2, "0")}/${String(card.exp_year).slice(-2)}` };
    const dots = { number: `•••• •••• •••• ${last4 || "••••"}`, expiry: "••/••", cvv: "•••" };
    const unseen = (name) => [make("span", { "aria-hidden": "true" }, dots[name]), make("span", { class: "heard" }, texts.unseen)];
    for (const [name, field] of this.#fields) field.replaceChildren(...(shown ? [shown[name]] : unseen(name)));
    this.#group.setAttribute("aria-label", texts.card(last4));
    this.#toggle.textContent = !this.#act ? texts.show : shown ? texts.hide : texts.cancel;
    if (!shown && this.shadowRoot.activeElement === this.#copy) this.#toggle.focus();
    this.#copy.hidden = !shown;
    this.#countdown.textContent = "";
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`card-reveal-${name}`, { bubbles: true, composed: true, detail }));
  }
}

customElements.define("card-reveal", CardReveal);
