// The theme: dark and light as the system has it, until the button says otherwise; what it says is kept. And the menu, which begins at the page.
(() => {
  const root = document.documentElement;
  const NEXT = { auto: "dark", dark: "light", light: "auto" };

  function kept() {
    try { return localStorage.getItem("theme") || "auto"; } catch { return root.dataset.theme || "auto"; }
  }

  function show(theme) {
    root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.textContent = { auto: "Theme: auto", dark: "Theme: dark", light: "Theme: light" }[theme];
  }

  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    show(kept());
    document.getElementById("theme").addEventListener("click", () => {
      const theme = NEXT[root.dataset.theme];
      try { localStorage.setItem("theme", theme); } catch { /* a browser that keeps nothing */ }
      show(theme);
    });
    document.querySelector("#menu [aria-current]")?.scrollIntoView({ block: "nearest" });
  });
})();
