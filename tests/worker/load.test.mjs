// Mixed traffic to three hundred scripts while some of them are deployed, rolled out, taken back and given secrets: no request fails that
// is not the script's own failure, each answer is of a version that was live meanwhile, and telemetry has all of them.
//
// LOAD_REQUESTS says how many: LOAD_REQUESTS=100000 node --test tests/worker/load.test.mjs
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { kindOf, send, source } from "../../bench/traffic.mjs";
import { NAMESPACES } from "./api.mjs";
import { startScripts } from "./dispatch.mjs";
import { telemetryOf, until } from "./telemetry.mjs";

const SCRIPTS = 300;
// Of those, so many change. Each key stays in a local runtime's memory for ever: there are as many changes as this takes.
const CHANGING = 12;
const CHANGES = 36;
const REQUESTS = Number(process.env.LOAD_REQUESTS ?? 2000);
const CLIENTS = 16;
// So many changes are made at a time, each to a script of its own.
const HANDS = 4;

let host;
// By script, the version that it was made with.
let first;
before(async () => {
  host = await startScripts({ main: "counted.js" });
  const namespaceId = (await host.api("GET", `${NAMESPACES}/tenants`)).result.namespace_id;
  await host.deploy("like", source("first"));
  const answer = await host.fetch("/register", { method: "POST", body: JSON.stringify({ namespaceId, like: "like", from: 0, count: SCRIPTS, atOnce: 16 }) });
  first = await answer.json();
});
after(() => host?.dispose());

const at = (script) => `${NAMESPACES}/tenants/scripts/${script}`;

/** What became of a script: each change with the versions that were live after it, `{ [id]: what it says }`, and when it was made. */
class History {
  #host;
  #script;
  #changes = [];
  #saying = new Map();

  constructor(host, script) {
    this.#host = host;
    this.#script = script;
    this.#saying.set(first[script], { marker: "first", secret: null });
    this.#changes.push({ from: -Infinity, to: -Infinity, ids: [first[script]] });
  }

  get #live() {
    return this.#changes.at(-1).ids;
  }

  async #changed(make) {
    const from = performance.now();
    const ids = await make();
    this.#changes.push({ from, to: performance.now(), ids });
  }

  /** The `i`-th change of all. */
  async change(i) {
    const { deploy, upload, split, api } = this.#host;
    const script = this.#script;
    const newest = this.#live[0];
    const said = this.#saying.get(newest);
    switch (i % 4) {
      case 0:
        return this.#changed(async () => {
          const id = await deploy(script, source(`deployed ${i}`), { keep_bindings: ["secret_text"] });
          this.#saying.set(id, { ...said, marker: `deployed ${i}` });
          return [id];
        });
      case 1: {
        const id = await upload(script, source(`rolled out ${i}`), { keep_bindings: ["secret_text"] });
        this.#saying.set(id, { ...said, marker: `rolled out ${i}` });
        await this.#changed(async () => {
          await split(script, { [id]: 30, [newest]: 70 });
          return [id, newest];
        });
        return this.#changed(async () => {
          await split(script, { [id]: 100 });
          return [id];
        });
      }
      case 2: {
        const back = this.#changes.map(({ ids }) => ids[0]).findLast((id) => id !== newest) ?? newest;
        return this.#changed(async () => {
          // Its secrets may be others.
          await api("POST", `${at(script)}/deployments?force=true`, { strategy: "percentage", versions: [{ version_id: back, percentage: 100 }] });
          return [back];
        });
      }
      default: {
        // A secret takes the latest version, which has to be live.
        const id = await deploy(script, source(`deployed ${i}`), { keep_bindings: ["secret_text"] });
        this.#saying.set(id, { ...said, marker: `deployed ${i}` });
        this.#changes.push({ from: this.#changes.at(-1).to, to: performance.now(), ids: [id] });
        return this.#changed(async () => {
          await api("PUT", `${at(script)}/secrets`, { name: "SECRET", text: `secret ${i}`, type: "secret_text" });
          const [{ versions: [{ version_id }] }] = await this.#host.deployments(script);
          this.#saying.set(version_id, { marker: `deployed ${i}`, secret: `secret ${i}` });
          return [version_id];
        });
      }
    }
  }

  /** Whether an answer is of a version that was live at some time between `began` and `ended`, and says what that says. */
  check({ kind, version, said, began, ended }) {
    const live = this.#changes.filter(({ from }, i) => from <= ended && (this.#changes[i + 1]?.to ?? Infinity) >= began).flatMap(({ ids }) => ids);
    const saying = live.map((id) => this.#saying.get(id));
    if (said !== undefined) {
      const told = { marker: said.marker, secret: said.secret };
      assert.ok(saying.some((one) => JSON.stringify(one) === JSON.stringify(told)), `${this.#script} (${kind}) says ${JSON.stringify(told)}, and live were ${JSON.stringify(saying)}`);
    }
    if (version == null) return;
    assert.ok(live.includes(version), `${this.#script} (${kind}) was answered by ${version}, and live were ${live}`);
    const { marker, secret } = this.#saying.get(version);
    assert.deepEqual([said.marker, said.secret], [marker, secret], "the answer is not of the version that it names");
  }
}

test(`${REQUESTS} requests to ${SCRIPTS} scripts, with ${CHANGES} changes meanwhile`, async () => {
  const histories = new Map();
  for (let i = 0; i < SCRIPTS; i += 1) histories.set(`s${i}`, new History(host, `s${i}`));

  const answers = [];
  const kinds = {};
  let sent = 0;
  let over = false;
  const client = async () => {
    while (sent < REQUESTS || !over) {
      const i = sent++;
      // Every second one goes to those that change.
      const script = `s${i % 2 === 0 ? (i / 2) % CHANGING : i % SCRIPTS}`;
      const kind = kindOf(i);
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      const began = performance.now();
      const answer = await send(new URL(`dispatch/tenants/${script}/`, host.url), kind);
      answers.push({ script, began, ended: performance.now(), ...answer });
    }
  };
  const changing = async (hand) => {
    for (let i = 0; i < CHANGES / HANDS; i += 1) await histories.get(`s${((i * HANDS) + hand) % CHANGING}`).change(i);
  };
  // All of them come to their ends, whatever becomes of one: else nobody knew how many were sent.
  const outcomes = await Promise.allSettled([Promise.all(Array.from({ length: HANDS }, (_, hand) => changing(hand))).finally(() => (over = true)), ...Array.from({ length: CLIENTS }, client)]);
  for (const { reason } of outcomes) if (reason) throw reason;

  for (const answer of answers) histories.get(answer.script).check(answer);
  const versions = new Set(answers.map(({ version }) => version)).size;
  assert.ok(versions > SCRIPTS / 2 + CHANGES / 2, `only ${versions} versions were seen at work`);
  assert.equal(answers.length, sent);

  // Each is counted once: as a request by what became of it, and as a call of a script by what the runtime told of it.
  const total = await until(() => telemetryOf(host).analytics("?by=namespace").then(({ series }) => series[0].totals), ({ requests, invocations }) => requests >= sent && invocations >= sent);
  assert.deepEqual([total.requests, total.invocations], [sent, sent]);
  assert.deepEqual(total.outcomes, { ok: sent - kinds.throw, refused: 0, threw: kinds.throw, host_failed: 0 });
  assert.deepEqual([total.statuses["1xx"], total.statuses["4xx"], total.statuses["5xx"]], [kinds.socket, kinds.missing, kinds.throw]);
  assert.equal(total.exceptions, kinds.throw);
});
