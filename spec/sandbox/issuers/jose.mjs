// The npm package `jose`, which spec/support/deps installs outside of the sources: in $ISSUERS_JOSE, or build/node of this checkout.
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const place = process.env.ISSUERS_JOSE ?? fileURLToPath(new URL("../../../build/node", import.meta.url));
const found = await import(pathToFileURL(createRequire(`${place}/`).resolve("jose")));

export const jose = found.compactDecrypt ? found : found.default;
