// The home page in a real Chromium, over the real Worker: what a newcomer sees and what the page promises.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import { startHost } from "../worker/host.mjs";
import { launchChromium, lowContrast, openForm, openHome, read, region, save, showAll, tryButton, tryIt } from "./page.mjs";

const TOKEN = "a-token-for-the-browser-test";
const PATHS = ["/dynamic", "/metrics", "/config", "/"];
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

describe("home page", { timeout: 180_000 }, () => {
  let host, browser;
  const open = (options, url = host.url) => openHome(browser, url, options);

  before(async () => {
    host = await startHost({ bindings: { API_TOKEN: TOKEN, DYNAMIC_PER_MINUTE: "1000" } });
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  after(async () => {
    await browser?.close();
    await host?.dispose();
  });

  test("is one small document, a style and a script: nothing else is fetched, nothing fails, its policy holds", async (context) => {
    const page = await open();
    const html = await page.home.body();
    assert.equal(page.home.status(), 200);
    assert.match(page.home.headers()["content-type"], /^text\/html/);
    assert.ok(page.home.headers()["content-security-policy"], "served without a Content-Security-Policy");
    assert.ok(html.length < 10 * 1024, `${html.length} bytes`);
    assert.ok(gzipSync(html).length < 4 * 1024, `${gzipSync(html).length} bytes gzip`);
    assert.deepEqual(page.asked, ["/", "/app/main.css", "/app/main.js"].map((path) => new URL(path, host.url).href));
    for (const [path, most] of [["/app/main.css", 4], ["/app/main.js", 24]]) {
      const answer = await host.fetch(path);
      assert.ok(answer.headers.get("content-security-policy"));
      const bytes = gzipSync(await answer.bytes()).length;
      assert.ok(bytes < most * 1024, `${path} has ${bytes} bytes gzip`);
    }
    const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    assert.ok(paint > 0);
    context.diagnostic(`first paint after ${Math.round(paint)} ms`);
    const headings = await page.getByRole("heading", { level: 2 }).allTextContents();
    assert.deepEqual(headings, [...PATHS.slice(0, 3).map((path) => `GET ${path}`), "Any /dispatch/:namespace/:script/*", "Any /client/v4", "Any /tenant/:id/*", "GET /feature/:name", "GET /test/:name", "Any /tunnel/:id/*", "Any /service/:name/*", "Any /plugin/:chain/*", "POST /job", "GET /openapi.json", "GET /"]);
    for (const path of PATHS) await tryIt(page, path);
    assert.deepEqual(page.faults, []);
  });

  test("/dynamic: each press shows another worker, whose own counter is at 1", async () => {
    const page = await open();
    const [one, two] = [await tryIt(page, "/dynamic"), await tryIt(page, "/dynamic")];
    for (const { line, facts, body } of [one, two]) {
      assert.equal(line, "200 OK");
      assert.deepEqual(Object.keys(body).sort(), ["counter", "createdAt", "id", "loadTime"]);
      assert.equal(body.counter, 1);
      assert.match(body.createdAt, ISO);
      assert.match(body.loadTime, /^\d+(\.\d+)?ms$/);
      assert.equal(facts.cache, "cold, loaded for this request");
      assert.match(facts.time, /^\w+ [\d.]+ ms(, \w+ [\d.]+ ms)*$/);
      assert.match(facts.time, /total [\d.]+ ms/);
    }
    assert.notEqual(one.body.id, two.body.id);
  });

  test("/metrics: measured values, and the second press finds the worker warm", async () => {
    const page = await open();
    await tryIt(page, "/metrics");
    const { line, facts, body } = await tryIt(page, "/metrics");
    assert.equal(line, "200 OK");
    assert.deepEqual(Object.keys(body).sort(), ["activeConnections", "healthScore", "loadedWorkers", "responseTime", "timestamp"]);
    assert.match(body.timestamp, ISO);
    assert.ok(Number.isInteger(body.activeConnections) && body.activeConnections >= 0);
    assert.match(body.responseTime, /^\d+ms$/);
    assert.match(body.healthScore, /^[01]\.\d{3}$/);
    assert.equal(facts.cache, "warm, already running");
    assert.ok(facts.key, "no x-worker-key shown");
  });

  test("/config and / show their documents", async () => {
    const page = await open();
    const { body } = await tryIt(page, "/config");
    assert.deepEqual(Object.keys(body).sort(), ["features", "lastUpdated", "version"]);
    assert.match(body.lastUpdated, ISO);
    assert.deepEqual(Object.values(body.features).map((value) => typeof value), Array(4).fill("boolean"));
    const list = JSON.stringify((await tryIt(page, "/")).body);
    for (const path of PATHS) assert.match(list, new RegExp(`[" ]${path}"`));
  });

  test("a change by the form is served by a new worker; a wrong token is refused in plain words", async () => {
    const page = await open();
    await openForm(page);
    const old = await read(region(page, "/config"));
    const edited = structuredClone(old.body);
    edited.features.configReload = !edited.features.configReload;
    await page.getByLabel("Configuration").fill(JSON.stringify(edited));

    const refused = await save(page, "wrong");
    assert.match(refused.line, /^401 The token was not accepted\./);
    assert.deepEqual((await tryIt(page, "/config")).body, old.body);
    // Closing and opening the form loads what is there now, but not over an edit.
    await page.getByText("Change it with").click();
    await Promise.all([page.waitForResponse("**/config"), page.getByText("Change it with").click()]);
    await read(region(page, "/config"));
    assert.deepEqual(JSON.parse(await page.getByLabel("Configuration").inputValue()), edited, "the edit was lost");

    assert.match((await save(page, TOKEN)).line, /^200 OK Saved\./);
    await region(page, "/config").getByText(`"configReload": ${edited.features.configReload}`).waitFor();
    const now = await read(region(page, "/config"));
    assert.deepEqual(now.body.features, edited.features);
    assert.notEqual(now.facts.key, old.facts.key);

    // The page keeps the ETag of what it shows now, so a second change needs no further step.
    await page.getByLabel("Configuration").fill(JSON.stringify(old.body));
    assert.match((await save(page, TOKEN)).line, /^200 OK Saved\./);
    await page.reload();
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0);
    await openForm(page);
    assert.equal(await page.getByLabel("API token").inputValue(), "");
  });

  test("a change that would overwrite somebody else's is refused, and can be made again", async () => {
    const page = await open();
    await openForm(page);
    const current = await host.fetch("/config");
    const theirs = await current.json();
    theirs.features.gracefulShutdown = !theirs.features.gracefulShutdown;
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", "if-match": current.headers.get("etag") };
    const put = await host.fetch("/config", { method: "PUT", headers, body: JSON.stringify(theirs) });
    assert.ok(put.ok, `${put.status} ${await put.text()}`);

    assert.match((await save(page, TOKEN)).line, /^412 It was changed in the meantime\. Load the current one/);
    await page.getByRole("button", { name: "Load the current one" }).click();
    await page.waitForFunction((value) => JSON.parse(document.querySelector("textarea").value).features.gracefulShutdown === value, theirs.features.gracefulShutdown);
    assert.match((await save(page, TOKEN)).line, /^200 OK Saved\./);
  });

  test("says that it waits, that the limit is reached, that nobody answers", async () => {
    const strict = await startHost({ bindings: { API_TOKEN: TOKEN, DYNAMIC_PER_MINUTE: "1" } });
    try {
      const page = await open({}, strict.url);
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await page.route("**/metrics", (route) => held.then(() => route.continue()));
      await tryButton(page, "/metrics").click();
      assert.equal(await region(page, "/metrics").textContent(), "Waiting for the answer…");
      assert.equal(await region(page, "/metrics").getAttribute("role"), "status");
      release();
      assert.equal((await read(region(page, "/metrics"))).line, "200 OK");

      assert.equal((await tryIt(page, "/dynamic")).line, "200 OK");
      assert.match((await tryIt(page, "/dynamic")).line, /^429 Too many calls\. Try again in \d+ s\.$/);

      await page.context().setOffline(true);
      await tryButton(page, "/metrics").click();
      await region(page, "/metrics").getByText("No answer: the server could not be reached.").waitFor();
      await page.context().setOffline(false);
      assert.equal((await tryIt(page, "/metrics")).line, "200 OK");
    } finally {
      await strict.dispose();
    }
  });

  test("shows markup in an answer as text", async () => {
    const page = await open();
    const markup = "<img src=x onerror=alert(1)>";
    await page.route("**/metrics", async (route) => {
      const answer = await route.fetch();
      const headers = { ...answer.headers(), "x-worker-key": markup };
      await route.fulfill({ status: 500, headers, body: JSON.stringify({ error: { code: "x", message: markup } }) });
    });
    const { line, facts, body } = await tryIt(page, "/metrics");
    assert.deepEqual([line, facts.key, body.error.message], [`500 ${markup}`, markup, markup]);
    assert.equal(await page.locator("img").count(), 0);
  });

  test("without JavaScript it is a list of links that lead to JSON", async () => {
    const page = await open({ javaScriptEnabled: false });
    const links = await page.getByRole("heading", { level: 2 }).getByRole("link").evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute("href")]));
    assert.deepEqual(links, PATHS.map((path) => [`GET ${path}`, path]));
    assert.equal(await page.getByRole("button").count(), 0);
    assert.equal(await page.locator("details").isVisible(), false);
    for (const path of PATHS.slice(0, 3)) {
      const [answer] = await Promise.all([
        page.waitForResponse((response) => new URL(response.url()).pathname === path),
        page.getByRole("link", { name: `GET ${path}`, exact: true }).click(),
      ]);
      assert.equal(answer.status(), 200);
      assert.match(answer.headers()["content-type"], /^application\/json/);
      assert.equal(typeof (await answer.json()), "object");
      await page.goto(host.url);
    }
  });

  test("can be used with the keyboard alone", async () => {
    const page = await open();
    const stops = [];
    for (let i = 0; i < 15; i++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent));
      assert.match(await page.evaluate(() => getComputedStyle(document.activeElement).outline), / solid 3px/, `no visible focus on ${stops.at(-1)}`);
    }
    const before = ["Skip to the content", "dynamic-loader", "Start", "Scripts", "Playground", "Cost"];
    const expected = PATHS.flatMap((path) => [`GET ${path}`, `Try it: GET ${path}`]);
    expected.splice(6, 0, "Change it with PUT /config");
    assert.deepEqual(stops, [...before, ...expected]);
    await page.keyboard.press("Enter");
    await read(region(page, "/"));
    await tryButton(page, "/metrics").focus();
    await page.keyboard.press("Space");
    await read(region(page, "/metrics"));
    assert.equal(await page.evaluate(() => document.activeElement.ariaLabel), "Try it: GET /metrics", "the focus was lost");
  });

  test("fits a window of 360 pixels, and of 320", async () => {
    for (const width of [360, 320]) {
      const page = await open({ viewport: { width, height: 700 } });
      await showAll(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const wide = (limit) => [...document.body.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > limit).map((node) => node.outerHTML.slice(0, 60));
      assert.deepEqual(await page.evaluate(wide, width), []);
    }
  });

  test("light and dark differ; both have the contrast of WCAG AA and nothing for axe to report", async () => {
    const grounds = [];
    for (const colorScheme of ["light", "dark"]) {
      const page = await open({ colorScheme });
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      const audit = () => page.evaluate(async () => {
        const { violations } = await axe.run();
        return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(" ")}`);
      });
      // Not by a script tag: the page's own policy would, rightly, refuse it.
      await page.evaluate(axe.source);
      assert.deepEqual(await audit(), [], `${colorScheme}, at first`);
      await showAll(page);
      assert.deepEqual(await audit(), [], `${colorScheme}, all shown`);
      const { checked, found } = await page.evaluate(lowContrast);
      assert.ok(checked > 40, `only ${checked} places checked`);
      assert.deepEqual(found, [], colorScheme);
    }
    assert.notEqual(grounds[0], grounds[1]);
  });
});
