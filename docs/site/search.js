// Finds headings, public names, keys and kinds of errors in INDEX, a list of [name, page, address, kind] that the build writes. "/" goes there, arrows choose, Enter opens.
(() => {
  const box = document.querySelector("search");
  const input = box.querySelector("input");
  const list = document.getElementById("found");
  const MOST = 12;
  let chosen = -1;

  // How well a name fits what is looked for: less is better; nothing when a word is neither in the name nor in the title of its page.
  function rank([name, page, , kind], query, words) {
    const low = name.toLowerCase();
    const all = low + " " + page.toLowerCase() + " " + kind.toLowerCase() + "." + low;
    if (!words.every((word) => all.includes(word))) return undefined;
    const last = low.slice(low.search(/[^.:]*$/));
    let points = low.length / 100;
    if (low === query || last === query) points += 0;
    else if (low.startsWith(query) || last.startsWith(query)) points += 10;
    else if (words.every((word) => low.includes(word))) points += low.includes(query) ? 20 : 25;
    else points += 40;
    return points + ({ page: -8, module: -8, heading: 1 }[kind] || 0);
  }

  function find(query) {
    const words = query.split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    return INDEX.map((entry) => [rank(entry, query, words), entry]).filter(([points]) => points !== undefined)
      .sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, entry]) => entry);
  }

  function option([name, page, address, kind], number) {
    const item = document.createElement("li");
    item.id = "found-" + number;
    item.setAttribute("role", "option");
    const link = document.createElement("a");
    link.href = box.dataset.root + address;
    link.tabIndex = -1;
    const where = document.createElement("small");
    link.append(name, where);
    where.textContent = [page, kind].filter((text) => text && text !== "heading").join(" · ");
    item.append(link);
    return item;
  }

  function choose(number) {
    const items = list.querySelectorAll("[role=option]");
    chosen = items.length ? (number + items.length) % items.length : -1;
    items.forEach((item, i) => item.setAttribute("aria-selected", i === chosen));
    input.setAttribute("aria-activedescendant", chosen >= 0 ? "found-" + chosen : "");
    if (chosen >= 0) items[chosen].scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function show() {
    const query = input.value.trim().toLowerCase();
    const found = find(query);
    list.replaceChildren(...found.map(option));
    if (query && !found.length) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = "Nothing found";
      list.append(none);
    }
    list.hidden = !query;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(0);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => input.value && show());
  input.addEventListener("keydown", (event) => {
    const keys = {
      ArrowDown: () => choose(chosen + 1),
      ArrowUp: () => choose(chosen - 1),
      Enter: () => chosen >= 0 && list.children[chosen].firstChild.click(),
      Escape: () => { input.value = ""; close(); input.blur(); },
    };
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  list.addEventListener("click", close); // another place of the same page
  document.addEventListener("click", (event) => box.contains(event.target) || close());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && document.activeElement !== input) {
      event.preventDefault();
      input.focus();
    }
  });
})();
