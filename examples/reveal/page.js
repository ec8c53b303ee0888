// Fills the page: one <card-reveal> for each card of who is signed in.

const place = (id) => document.getElementById(id);

async function fill() {
  const answer = await fetch("/reveal/cards", { cache: "no-store" });
  if (answer.status === 401) return location.assign("/login");
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const { user, cards } = await answer.json();
  place("user").textContent = `Signed in as ${user}`;
  for (const { id, last4 } of cards) {
    const element = document.createElement("card-reveal");
    element.setAttribute("endpoint", "/reveal/card");
    element.setAttribute("card", id);
    element.setAttribute("last4", last4);
    place("cards").append(element);
  }
}

fill().catch(() => (place("problem").textContent = "Your card cannot be shown at the moment. Try again later."));
