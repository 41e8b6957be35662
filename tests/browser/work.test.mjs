// What people do on the page, with the token: in a real Chromium, over the real Worker.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import axe from "axe-core";
import { TOKEN, startScripts, text, version } from "../worker/dispatch.mjs";
import { launchChromium, lowContrast, openHome } from "./page.mjs";

const WORKS = `export default {
  async fetch(request) {
    console.log("asked for", new URL(request.url).pathname);
    return new Response("one");
  },
};
`;
const BROKEN = "export default {\n  fetch() {\n    return missing();\n  },\n};\n";
const UNREADABLE = "export default {\n  fetch( { oops\n};\n";

describe("the page, with the token", { timeout: 180_000 }, () => {
  let host, browser;
  before(async () => {
    host = await startScripts();
    browser = await launchChromium();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  after(async () => {
    await browser?.close();
    await host?.dispose();
  });

  const signedIn = (hash = "#/scripts", options = {}) => openHome(browser, `${host.url}#token=${TOKEN}`, options).then(async (page) => {
    await page.evaluate((hash) => (location.hash = hash), hash);
    return page;
  });
  const code = (page) => page.getByRole("textbox", { name: "The script" });
  async function write(page, source) {
    await code(page).click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(source);
  }
  const run = (page) => page.getByRole("button", { name: "Run", exact: true }).click();
  const result = (page) => page.getByRole("region", { name: "Result" });
  const marks = (page) => page.locator(".cm-lint-marker-error");
  const asked = async (script, i) => host.ask(`${script}/item`, { headers: { "cf-connecting-ip": `10.1.${i >> 8}.${i & 255}` } });

  test("a link brings the token once: it is in no address afterwards, in no storage, and gone when the page is loaded anew", async () => {
    const page = await openHome(browser, `${host.url}#token=${TOKEN}`);
    await page.getByRole("heading", { name: "Scripts", level: 1 }).waitFor();
    assert.ok(!page.url().includes(TOKEN), page.url());
    assert.ok(page.asked.every((url) => !url.includes(TOKEN)));
    await page.getByText("No script yet.").or(page.getByRole("table")).first().waitFor();
    assert.equal(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, history.state])), '[{},{},"",null]');
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.ok(!page.url().includes(TOKEN));
    // A token of any characters, and an address that is none.
    const other = await openHome(browser, `${host.url}#token=${encodeURIComponent("a/b+c==")}`);
    await other.getByText("The token", { exact: false }).or(other.getByRole("alert")).first().waitFor();
    assert.ok(!other.url().includes("token"));
    // The same link, in a page that is open.
    await other.evaluate((token) => (location.hash = `#token=${token}`), TOKEN);
    await other.getByRole("button", { name: "Sign out" }).waitFor();
    await other.getByText("No script yet.").or(other.getByRole("table")).first().waitFor();
    assert.ok(!other.url().includes(TOKEN));
    other.faults.length = 0;
    await other.evaluate(() => (location.hash = "#/%zz"));
    await other.getByRole("heading", { name: "Nothing here" }).waitFor();
    assert.deepEqual(other.faults, []);
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("ERR_ABORTED")), []);
  });

  test("a page of a script cannot get at the token: not from storage, and not by opening the page itself", async () => {
    await host.deploy("thief", `export default { fetch: () => new Response("<p id=found></p><script>found.textContent = JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, window.opener === null]); onclick = () => open('/#token=stolen', 'page')</script>", { headers: { "content-type": "text/html" } }) };`);
    const page = await signedIn("#/scripts/tenants/thief");
    const [script] = await Promise.all([page.context().waitForEvent("page"), page.getByRole("link", { name: "/dispatch/tenants/thief/" }).click()]);
    await script.locator("#found").getByText("[").waitFor();
    assert.equal(await script.locator("#found").textContent(), '[{},{},"",true]');
    const [opened] = await Promise.all([page.context().waitForEvent("page"), script.locator("body").click({ position: { x: 5, y: 5 } })]);
    await opened.getByText("Another page has opened this one").waitFor();
    assert.equal(await opened.locator("input[type=password]:visible").count(), 0);
  });

  test("a wrong token is told, a right one opens, and signing out closes", async () => {
    const page = await openHome(browser, `${host.url}#/scripts`);
    const field = page.locator("#sign-in");
    await field.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The token was not accepted.").waitFor();
    await page.locator("#sign-in").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "tenants" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.evaluate(() => (location.hash = "#/"));
    assert.equal(await page.locator("#token").inputValue(), "");
  });

  test("write, run, break, fix, save, deploy 10 %, watch the split, roll back", async () => {
    const page = await signedIn("#/playground");
    await code(page).waitFor();
    await write(page, WORKS);
    await run(page);
    await result(page).getByText("one", { exact: true }).waitFor();
    await result(page).getByText("asked for /").waitFor();
    assert.match(await result(page).textContent(), /^200 loaded in .+ ms, ran .+ ms, .+ ms in all/);

    // Thrown: its place is marked beside the text. Unreadable: the same.
    await write(page, BROKEN);
    await run(page);
    await result(page).getByText("ReferenceError: missing is not defined").waitFor();
    await marks(page).waitFor();
    await result(page).getByText("> 3 |     return missing();").waitFor();
    await write(page, UNREADABLE);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").getByText("SyntaxError").waitFor();
    await marks(page).waitFor();

    await write(page, WORKS);
    await page.keyboard.press("Control+Enter");
    await result(page).getByText("one", { exact: true }).waitFor();
    assert.equal(await marks(page).count(), 0);
    await page.locator("#name").fill("story");
    await page.getByRole("button", { name: "Save and make live" }).click();
    await page.getByText("It is live for all.").waitFor();
    const first = version(await asked("story", 0));

    await write(page, WORKS.replace('"one"', '"two"'));
    await page.getByRole("button", { name: "Save as a version" }).click();
    await page.getByText("It is saved, and live for nobody yet.").waitFor();
    await page.getByRole("link", { name: "Versions of story" }).click();
    await page.getByRole("img", { name: "version 1 for 100 percent" }).waitFor();
    const slider = page.getByRole("slider");
    assert.equal(await slider.inputValue(), "10");
    await page.getByRole("button", { name: "Deploy 10 %" }).click();
    await page.getByText("version 2 is live for 10 %.").waitFor();
    await page.getByRole("img", { name: "version 1 for 90 percent, version 2 for 10 percent" }).waitFor();

    const seen = {};
    for (let i = 0; i < 200; i += 1) {
      const answer = await asked("story", i);
      const said = await text(answer);
      seen[said] = (seen[said] ?? 0) + 1;
    }
    assert.ok(seen.two > 0 && seen.one > 100, JSON.stringify(seen));
    await page.getByRole("link", { name: "Overview" }).click();
    // What the page shows is what the visitors got.
    await page.waitForFunction((one) => [...document.querySelectorAll("tbody tr")].length === 2 && document.querySelector("main").innerText.includes(one), `${seen.two}`);
    const rows = await page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
    await page.waitForFunction(([one, two]) => {
      const counts = [...document.querySelectorAll("tbody tr")].map((row) => row.cells[1].innerText).sort();
      return JSON.stringify(counts) === JSON.stringify([`${one}`, `${two}`].sort());
    }, [seen.one + 1, seen.two]);
    assert.equal(rows.length, 2);

    // The keyboard moves the slider.
    await page.getByRole("link", { name: "Versions", exact: true }).click();
    await slider.focus();
    for (let i = 0; i < 5; i += 1) await page.keyboard.press("ArrowRight");
    await page.getByRole("button", { name: "Deploy 15 %" }).waitFor();
    // Beyond a half the other one has less, and the slider is for that.
    await slider.fill("60");
    await page.getByRole("button", { name: "Deploy 60 %" }).click();
    await page.getByRole("img", { name: /version 2 for 60 percent/ }).waitFor();
    assert.equal(await slider.inputValue(), "40");
    await slider.fill("70");
    await page.getByRole("button", { name: "Deploy 70 %" }).click();
    await page.getByRole("img", { name: /version 1 for 70 percent/ }).waitFor();
    await page.getByRole("button", { name: "Deploy version 1 to all" }).click();
    await page.getByRole("img", { name: "version 1 for 100 percent" }).waitFor();
    await slider.fill("10");
    await page.getByRole("button", { name: "Deploy 10 %" }).click();
    await page.getByRole("img", { name: /version 2 for 10 percent/ }).waitFor();
    await page.getByRole("button", { name: "Roll back to the deployment before" }).click();
    await page.getByText("Rolled back.").waitFor();
    await page.getByRole("img", { name: "version 1 for 100 percent" }).waitFor();
    for (let i = 0; i < 20; i += 1) assert.equal(version(await asked("story", i)), first);
    // Chrome itself gives what is typed over a selection the style of what was there, which the policy does not let it.
    const others = page.faults.filter((fault) => !/run: 400|settings: 404|status of 40[04]|: 502|^Applying inline style/.test(fault));
    assert.deepEqual(others, [], "but for what was broken on purpose, and a script that there is not yet");
  });

  test("a script that is there is edited, and what the API refuses is told", async () => {
    const bound = "export default { fetch(request, env) { return new Response(`${env.V} ${env.S} one`); } };";
    await host.deploy("edited", bound, { compatibility_date: "2026-05-05", compatibility_flags: ["nodejs_compat"], bindings: [{ type: "plain_text", name: "V", text: "v" }, { type: "secret_text", name: "S", text: "hush" }] });
    const page = await signedIn("#/scripts/tenants/edited");
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".editor")?.shadowRoot?.textContent.includes("env.V"));
    await page.locator("#name").fill("no such name as this with a length that no name has and more than sixty three letters");
    await page.getByRole("button", { name: "Save and make live" }).click();
    assert.equal(await page.locator("#name").evaluate((field) => field.validity.valid), false);
    await page.locator("#name").fill("edited");
    await write(page, UNREADABLE);
    await page.getByRole("button", { name: "Save and make live" }).click();
    await page.getByRole("alert").getByText("SyntaxError").waitFor();
    assert.equal(await text(await host.ask("edited/")), "v hush one", "and nothing has changed");
    // What it is set to stays, live or not.
    for (const [button, said] of [["Save and make live", "It is live for all."], ["Save as a version", "It is saved, and live for nobody yet."]]) {
      await write(page, bound.replace("one", "two"));
      await page.getByRole("button", { name: button }).click();
      await page.getByText(said).waitFor();
    }
    assert.equal(await text(await host.ask("edited/")), "v hush two");
    const [newest] = (await host.api("GET", "/accounts/acc/workers/dispatch/namespaces/tenants/scripts/edited/versions")).result.items;
    assert.equal(await text(await host.ask(`edited@${newest.id.slice(0, 8)}/`)), "v hush two");
    const settings = (await host.api("GET", "/accounts/acc/workers/dispatch/namespaces/tenants/scripts/edited/settings")).result;
    assert.deepEqual([settings.compatibility_date, settings.compatibility_flags], ["2026-05-05", ["nodejs_compat"]]);
  });

  test("every example runs", async () => {
    const page = await signedIn("#/playground");
    await code(page).waitFor();
    const names = await page.locator("#example option:not([disabled])").allTextContents();
    assert.ok(names.length >= 8, names.join());
    for (const name of names) {
      await page.locator("#example").selectOption(name);
      await run(page);
      await result(page).waitFor();
      const status = Number((await result(page).locator("h2").first().textContent()).slice(0, 3));
      assert.equal(status, name === "Tunnel" ? 502 : 200, name);
      await page.evaluate(() => (location.hash = "#/cost"));
      await page.getByRole("heading", { name: "Cost" }).waitFor();
      await page.evaluate(() => (location.hash = "#/playground"));
      await code(page).waitFor();
    }
  });

  test("logs are read live, filtered, and stopped; errors are grouped and dealt with; a request is explained", async () => {
    await host.deploy("talks", `export default { fetch(request) { const { pathname } = new URL(request.url); console.log("at", pathname); if (pathname === "/boom") throw new TypeError("no such item"); return new Response("x"); } };`);
    const page = await signedIn("#/scripts/tenants/talks/logs");
    await page.getByText("● live").waitFor();
    for (const path of ["a", "b", "boom", "boom"]) await (await host.ask(`talks/${path}`)).arrayBuffer();
    const list = page.getByRole("list", { name: "Events, the newest first" });
    await list.getByText("TypeError: no such item").first().waitFor();
    await list.getByText("at /a").waitFor();
    await page.getByLabel("Outcome").selectOption("error");
    await page.waitForFunction(() => document.querySelector(".log") && !document.querySelector(".log").innerText.includes("/a"));
    await page.getByText("● live").waitFor();
    await (await host.ask("talks/c")).arrayBuffer();
    await (await host.ask("talks/boom")).arrayBuffer();
    await page.waitForFunction(() => document.querySelectorAll(".log > li").length >= 3);
    assert.ok(!(await list.innerText()).includes("/c"));
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("paused").waitFor();

    await page.getByRole("link", { name: "Errors" }).click();
    await page.getByRole("heading", { name: "TypeError: no such item" }).waitFor();
    await page.getByText("3 times, first").waitFor();
    await page.getByText("> 1 |").waitFor();
    await page.getByRole("button", { name: "Dealt with" }).click();
    await page.getByText("It has thrown nothing").waitFor();

    await page.getByRole("link", { name: "Explain" }).click();
    await page.getByText("It goes to version 1").waitFor();
    await page.getByRole("link", { name: "Cost" }).click();
    await page.getByText("A month like this comes to").waitFor();
    assert.deepEqual(page.faults, []);
  });

  test("a namespace is made, and one that cannot be is told", async () => {
    const page = await signedIn();
    await page.getByLabel("New namespace").fill("made-here");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("heading", { name: "made-here" }).waitFor();
    await page.getByLabel("New namespace").fill("builtin");
    await page.getByRole("button", { name: "Make it" }).click();
    await page.getByRole("alert").getByText("host's own").waitFor();
  });

  const VIEWS = ["#/scripts", "#/scripts/tenants/shown", "#/scripts/tenants/shown/versions", "#/scripts/tenants/shown/logs", "#/scripts/tenants/shown/errors", "#/scripts/tenants/shown/explain", "#/cost", "#/playground", "#/nothing"];
  test("each view, light and dark, wide and narrow: nothing for axe to report, enough contrast, no wider than the window", async () => {
    const one = await host.deploy("shown", `export default { fetch(request) { console.warn("careful"); if (request.url.endsWith("boom")) throw new Error("on purpose"); return new Response("x"); } };`);
    const two = await host.upload("shown", WORKS);
    await host.split("shown", { [one]: 90, [two]: 10 });
    for (let i = 0; i < 6; i += 1) await (await host.ask(`shown/${i % 2 ? "boom" : ""}`)).arrayBuffer();
    for (const [colorScheme, width] of [["light", 1200], ["dark", 360]]) {
      const page = await signedIn("#/scripts", { colorScheme, viewport: { width, height: 800 } });
      await page.evaluate(axe.source);
      for (const view of VIEWS) {
        await page.evaluate((hash) => (location.hash = hash), view);
        await page.waitForFunction(() => !document.querySelector("#view").innerText.includes("Loading…"));
        if (view.endsWith("logs")) await page.locator(".log li").first().waitFor();
        if (view.endsWith("errors")) await page.locator(".fault").first().waitFor();
        if (view === "#/playground") {
          await code(page).waitFor();
          await run(page);
          await result(page).waitFor();
        }
        const where = `${view}, ${colorScheme}, ${width}`;
        const violations = await page.evaluate(async () => (await axe.run()).violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" ")}`));
        assert.deepEqual(violations, [], where);
        assert.deepEqual((await page.evaluate(lowContrast)).found, [], where);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} is wider than the window`);
      }
      await page.context().close();
    }
  });
});
