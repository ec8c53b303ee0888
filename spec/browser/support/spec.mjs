// How specs of pages are written: it(name, [options,] async (visit) => …). Each has a browser profile of its own, and fails where a page complains.
import { test } from "node:test";
import { Visit } from "./visit.mjs";

const running = [];

/** One spec. `options` are those of Visit; what its pages complain of fails it, and leaves a screenshot of each page. */
export function it(name, options, run) {
  if (!run) [options, run] = [{}, options];
  running.push(
    test(name, { timeout: 300000 }, async () => {
      const visit = await Visit.begin(options);
      try {
        await run(visit);
        await visit.settle();
        visit.assertNoComplaint();
      } catch (error) {
        await visit.pictures(`failed ${name}`);
        throw error;
      } finally {
        await visit.end();
      }
    }),
  );
}

/** When all specs have ended; a failed one does not reject it. */
export const done = () => Promise.all(running);
