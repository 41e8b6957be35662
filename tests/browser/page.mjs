// What the tests of the home page share: Chromium, a page that keeps what went wrong in it, and how to read it.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of NAMES) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {}
    }
  }
  throw new Error(`no browser: install chromium or set CHROMIUM to one (looked on PATH for ${NAMES.join(", ")})`);
}

// Without these Chromium asks the outside for updates, which the tests neither need nor want.
const QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launchChromium() {
  return chromium.launch({ executablePath: executable(), args: ["--no-sandbox", "--disable-gpu", "--disable-quic", ...QUIET] });
}

/** Opens the home page in a context of its own. `page.faults` collects all that a visitor's console would show in red. */
export async function openHome(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.faults = [];
  page.asked = [];
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("requestfailed", (request) => page.faults.push(`${request.url()}: ${request.failure().errorText}`));
  page.on("response", (answer) => answer.status() >= 400 && page.faults.push(`${answer.url()}: ${answer.status()}`));
  page.on("request", (request) => page.asked.push(request.url()));
  page.home = await page.goto(url, { waitUntil: "load" });
  return page;
}

export const tryButton = (page, path) => page.getByRole("button", { name: `Try it: GET ${path}`, exact: true });

/** The region of `path` in which its answer is shown. */
export const region = (page, path) => page.locator("section", { has: tryButton(page, path) }).locator("> [role=status]");

/** Waits for the answer in a region and reads it as a person does: the line, the facts, the body. */
export async function read(region) {
  await region.locator("pre").waitFor();
  const names = await region.locator("dt").allTextContents();
  const values = await region.locator("dd").allTextContents();
  return {
    line: (await region.locator("p").textContent()).trim(),
    facts: Object.fromEntries(names.map((name, i) => [name, values[i]])),
    body: JSON.parse(await region.locator("pre").textContent()),
  };
}

/** Presses a button and reads the answer it brings, not the one that was there before. */
async function press(button, region) {
  const [old] = await region.locator("pre").elementHandles();
  await button.click();
  if (old) await region.page().waitForFunction((node) => !node.isConnected, old);
  return read(region);
}

export const tryIt = (page, path) => press(tryButton(page, path), region(page, path));

/** Everything the page can show, shown: each answer, the open form and a refused change. */
export async function showAll(page) {
  for (const path of ["/dynamic", "/metrics", "/config", "/"]) await tryIt(page, path);
  await openForm(page);
  await save(page, "wrong");
}

export async function openForm(page) {
  await page.getByText("Change it with").click();
  await page.waitForFunction(() => document.querySelector("textarea").value !== "");
}

/** Types the token, presses Save and reads the answer. */
export async function save(page, token) {
  await page.getByLabel("API token").fill(token);
  return press(page.getByRole("button", { name: "Save" }), page.locator("form [role=status]"));
}

/** Runs in the page: each text (needs 4.5:1) and each edge of a control (needs 3:1) with too little contrast. */
export function lowContrast() {
  const rgba = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [dark, bright] = [light(rgba(one).rgb), light(rgba(other).rgb)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (rgba(colour).a > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  let checked = 0;
  const check = (node, what, colour, back, least) => {
    checked++;
    const is = ratio(colour, back);
    if (is < least) found.push(`${what} of <${node.localName}> "${node.textContent.trim().slice(0, 30)}": ${is.toFixed(2)}`);
  };
  for (const node of document.body.querySelectorAll("*")) {
    if (!node.checkVisibility() || node.localName === "script") continue;
    const style = getComputedStyle(node);
    const field = /^(input|textarea)$/.test(node.localName);
    const text = field || [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (text) check(node, "text", style.color, ground(node), 4.5);
    if (field || node.localName === "button") check(node, "edge", style.borderTopColor, ground(node.parentElement), 3);
  }
  return { checked, found };
}
