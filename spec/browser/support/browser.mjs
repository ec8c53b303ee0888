// One Chromium without a window for all specs, which reaches this machine only.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "../../../build/node/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js";
import { build } from "./server.mjs";

/** Where screenshots and the profile are. */
export const folder = join(build, "browser");

const FLAGS = [
  "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--disable-domain-reliability", "--disable-default-apps", "--disable-extensions", "--metrics-recording-only",
  "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

let browser, profile;

const removeProfile = () => profile && rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
process.on("exit", removeProfile);

/** The browser, which the first spec starts. CHROMIUM is its path where it is none of the usual. */
export async function theBrowser() {
  if (browser) return browser;
  mkdirSync(folder, { recursive: true });
  profile = mkdtempSync(join(folder, "profile-"));
  browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    timeout: 120000, // the machine may be busy
    pipe: true, // no port is opened, and Chromium ends when this process does, however that happens
    userDataDir: profile,
    acceptInsecureCerts: true,
    args: process.getuid() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS,
  });
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
  removeProfile();
}
