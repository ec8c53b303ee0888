// Questions to the playground. Its address, with the token, is the page's own.

async function answer(response) {
  const body = await response.json().catch(() => undefined);
  if (body === undefined || (!response.ok && !body.error)) {
    return { error: { kind: "protocol", message: `The playground answered HTTP ${response.status} without JSON.` } };
  }
  return body;
}

function stopped(failure) {
  return { error: { kind: "network", message: `The playground does not answer. Is it still running? (${failure.message})` } };
}

/** What there is to choose from. */
export function catalogue() {
  return fetch("api/catalogue").then(answer, stopped);
}

/**
 * A function that posts a question as JSON and returns the answer. A later question aborts the one before, whose answer is then undefined:
 * only the last one counts.
 */
export function asker(path) {
  let current;
  return async function ask(question) {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question), signal: mine.signal };
    const result = await fetch(path, options).then(answer, stopped);
    return mine === current ? result : undefined;
  };
}
