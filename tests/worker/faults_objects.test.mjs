// Durable Objects fail as the platform's do, at each question that a change asks them: it is a 503 that says when to come again, what
// there is is what there was or all of what was asked for, and the same again succeeds.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { NAMESPACES } from "./api.mjs";
import { TOKEN, says, startScripts, text, version } from "./dispatch.mjs";
import { telemetryOf, until as toldUntil } from "./telemetry.mjs";
import { until } from "./until.mjs";

const ERRORS = ["overloaded", "retryable", "updated", "internal"];
const at = (name) => `${NAMESPACES}/tenants/scripts/${name}`;

describe("while Durable Objects fail", () => {
  let host;
  /** The next calls fail so; gives what was asked since the last time, each question once. */
  const fail = async (next = { times: 0 }) => {
    const asked = await (await host.fetch("/failing", { method: "PUT", body: JSON.stringify(next) })).json();
    return [...new Map(asked.map((question) => [question.join(" "), question])).values()];
  };
  const form = (mark) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01", annotations: { "workers/message": mark } }));
    form.set("index.js", new File([says(mark)], "index.js", { type: "application/javascript+module" }));
    return form;
  };

  const send = async (method, path, body) => {
    const json = body !== undefined && !(body instanceof FormData);
    const answer = await host.fetch(`/client/v4${path}`, { method, headers: { authorization: `Bearer ${TOKEN}`, ...(json && { "content-type": "application/json" }) }, body: json ? JSON.stringify(body) : body });
    const { errors } = await answer.json();
    return { status: answer.status, headers: answer.headers, errors };
  };

  before(async () => {
    host = await startScripts({ main: "failing.js", bindings: { SNAPSHOT_TTL_MS: 0 } });
  });
  after(() => host?.dispose());

  /** Sees that a script is whole, and gives the mark of what is live of it and of each version, the newest first. */
  async function whole(name) {
    const { items } = (await host.api("GET", `${at(name)}/versions?per_page=100`)).result;
    const deployments = await host.deployments(name);
    const [deployment] = deployments;
    const numbers = items.map(({ number }) => number);
    assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] - i), "no version is half there");
    const marks = items.map(({ annotations }) => annotations["workers/message"]).filter((mark) => mark !== undefined);
    const deployed = deployments.map(({ versions }) => versions[0].version_id);
    for (const all of [marks, deployed]) assert.equal(new Set(all).size, all.length, `something was done twice: ${all}`);
    const live = items.find(({ id }) => id === deployment.versions[0].version_id);
    assert.ok(live, "what is live is there");
    const answer = await host.ask(`${name}/`);
    const said = await text(answer);
    assert.equal(version(answer), live.id);
    // A secret's version has the words of the one before it.
    if (live.annotations["workers/message"] !== undefined) assert.equal(said, live.annotations["workers/message"]);
    return { live: said, versions: items.length, secrets: (await host.api("GET", `${at(name)}/secrets`)).result.map(({ name }) => name) };
  }

  /** What a change asks, when all is well. */
  async function questions(change) {
    await fail();
    await change();
    return (await fail()).filter(([binding]) => binding !== "TELEMETRY");
  }

  /** Has each question of a change fail in each way, and then all be well. `is(state)` is whether the change is made. */
  async function tried(name, change, is) {
    const all = await questions(() => change("first"));
    // No more than there are marks for, see "a deployment".
    assert.ok(all.length >= 2 && all.length <= 6, JSON.stringify(all));
    let n = 0;
    for (const [binding, op] of all) {
      for (const when of ["before", "after"]) {
        const error = ERRORS[n % ERRORS.length];
        const mark = `m${(n += 1)}`;
        const where = `${binding} ${op} ${when}, ${error}`;
        const before = await whole(name);
        await fail({ binding, op, when, error, times: 1 });
        const { status, headers, errors } = await change(mark);
        await fail();
        if (status !== 200) {
          assert.deepEqual([status, headers.get("retry-after"), errors.map(({ code }) => code)], [503, "1", [10002]], where);
          assert.doesNotMatch(errors[0].message, /overloaded|reset|reference|connection/, where);
        }
        const after = await whole(name);
        assert.ok(after.versions - before.versions <= 1, where);
        // What it did not say it had done is done whole or not at all; and only where it was asked for that.
        if (!is(after, mark)) assert.deepEqual(after, before, where);
        else assert.ok(status === 200 || when === "after", where);
        if (status === 200) assert.ok(is(after, mark), where);
        const again = await change(`${mark}-again`);
        assert.equal(again.status, 200, `${where}: ${JSON.stringify(again.errors)}`);
        assert.ok(is(await whole(name), `${mark}-again`), where);
      }
    }
  }
  test("an upload is made, or is not", async () => {
    await host.deploy("upload", says("zero"), { annotations: { "workers/message": "zero" } });
    await tried("upload", (mark) => send("PUT", at("upload"), form(mark)), ({ live }, mark) => live === mark);
  });

  test("a deployment is made, or is not", async () => {
    await host.deploy("deploy", says("one"), { annotations: { "workers/message": "one" } });
    const ids = {};
    const change = async (mark) => {
      ids[mark] ??= await upload(mark);
      return send("POST", `${at("deploy")}/deployments`, { strategy: "percentage", versions: [{ version_id: ids[mark], percentage: 100 }] });
    };
    // Made beforehand: it is the deployment that is to fail.
    const upload = async (mark) => (await host.api("POST", `${at("deploy")}/versions`, form(mark))).result.id;
    for (const mark of ["first", ...Array.from({ length: 12 }, (_, i) => [`m${i + 1}`, `m${i + 1}-again`]).flat()]) ids[mark] = await upload(mark);
    await tried("deploy", change, ({ live }, mark) => live === mark);
  });

  test("a secret is put, or is not", async () => {
    await host.deploy("secret", says("one"), { annotations: { "workers/message": "one" } });
    await tried("secret", (mark) => send("PUT", `${at("secret")}/secrets`, { name: mark.replace("-", "_"), text: "hush", type: "secret_text" }), ({ secrets }, mark) => secrets.includes(mark.replace("-", "_")));
  });

  test("a script that goes down with its object while it is uploaded is what it was, or what was uploaded", async () => {
    await host.deploy("reset", says("zero"), { annotations: { "workers/message": "zero" } });
    let [made, failed] = [0, 0];
    for (const op of ["begin", "upload"]) {
      for (const phase of ["begun", "done", 0, 1, 2, 4]) {
        const mark = `${op}-${(made + failed)}`;
        const { live } = await whole("reset");
        await fail({ binding: "SCRIPTS", op, when: "reset", phase, times: 1 });
        const { status } = await send("PUT", at("reset"), form(mark));
        await fail();
        assert.ok(status === 200 || status === 503, `${status}`);
        const after = await whole("reset");
        if (status === 200) assert.equal(after.live, mark, "what was acknowledged is there");
        else assert.ok([live, mark].includes(after.live), `${after.live}, neither ${live} nor ${mark}`);
        if (status === 200) made += 1;
        else failed += 1;
      }
    }
    assert.ok(failed > 0, "none was reset in the middle");
    assert.equal((await send("PUT", at("reset"), form("end"))).status, 200);
    assert.equal((await whole("reset")).live, "end");
  });

  test("a script that runs goes on, whatever its object says", async () => {
    await host.deploy("runs", says("one"));
    assert.equal(await text(await host.ask("runs/")), "one");
    for (const error of ERRORS) {
      await fail({ binding: "SCRIPTS", op: "live", when: "before", error, times: 100 });
      for (const init of [{}, { method: "POST", body: "b" }]) assert.equal(await text(await host.ask("runs/", init)), "one", error);
    }
    await fail();
  });

  test("what is counted is told later, each once; a live tail that cannot begin is a 503", async () => {
    await host.deploy("counted", says("x"));
    const told = telemetryOf(host);
    const failures = () => host.log().split("is not recorded yet").length - 1;
    let asked = 0;
    for (const [when, error] of [["before", "overloaded"], ["after", "retryable"]]) {
      const before = failures();
      await fail({ binding: "TELEMETRY", op: "add", when, error, times: 1 });
      for (let i = 0; i < 3; i += 1, asked += 1) await text(await host.ask("counted/"));
      // With the next request's it goes again.
      await until(() => failures() > before, `it was brought in vain, ${when}`);
    }
    await fail();
    await text(await host.ask("counted/"));
    const ofScript = () => told.get("/scripts/counted/analytics?by=script");
    const { series } = await toldUntil(ofScript, ({ series: [one] }) => one?.totals.requests > asked);
    assert.deepEqual(series.map(({ script, totals }) => [script, totals.requests]), [["counted", asked + 1]]);
    await fail({ binding: "TELEMETRY", op: "tail", when: "before", error: "overloaded", times: 1 });
    const { status, headers } = await send("POST", `${at("counted")}/tails`, { filters: [] });
    assert.deepEqual([status, headers.get("retry-after")], [503, "1"]);
    await fail();
    assert.equal((await send("POST", `${at("counted")}/tails`, { filters: [] })).status, 200);
  });
});
