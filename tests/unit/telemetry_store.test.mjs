// What the object of a namespace keeps, over weeks: its classes over a SQLite of Node's, with a clock of the tests'.
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, test } from "node:test";
import { Events } from "../../src/telemetry/events.js";
import { Faults } from "../../src/telemetry/faults.js";
import { Identities, PRICES } from "../../src/telemetry/identities.js";
import { Series } from "../../src/telemetry/series.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 5, 1);

/** `ctx.storage.sql`, as far as these classes use it. */
function sql() {
  const db = new DatabaseSync(":memory:");
  return {
    exec(query, ...bindings) {
      const statement = db.prepare(query);
      const rows = /^\s*(SELECT)/i.test(query) ? statement.all(...bindings) : [];
      const rowsWritten = rows.length > 0 || /^\s*SELECT/i.test(query) ? 0 : Number(statement.run(...bindings).changes);
      return { toArray: () => rows, one: () => rows[0], rowsWritten, [Symbol.iterator]: () => rows[Symbol.iterator]() };
    },
    count: (table) => db.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get().n,
  };
}
let db;
beforeEach(() => (db = sql()));
const iso = (at) => new Date(at).toISOString();

describe("series", () => {
  const requests = (n, more = {}) => ({ "outcome.ok": n, "status.2xx": n, took_ms: n, "took.0": n, ...more });
  const asked = (series, now, more) => series.told(now, { since: iso(START), until: iso(now + 1), ...more });

  test("minutes become hours, and nothing is counted twice or not at all, over an hour's and a day's end and a restart", () => {
    let series = new Series(db);
    let [now, all] = [START + 90_000, 0];
    for (let i = 0; i < 200; i += 1, now += 17 * MINUTE) {
      series.add(now, [["s", "v", requests(1)], ["s", "w", requests(2)], ["other", "", requests(4)]]);
      all += 7;
      if (i % 50 === 25) series = new Series(db);
    }
    now -= 17 * MINUTE;
    for (const step of ["hour"]) {
      const { series: [{ totals, points }] } = asked(series, now, { step, by: "namespace" });
      assert.equal(totals.requests, all);
      assert.equal(points.reduce((sum, { requests }) => sum + requests, 0), all);
      assert.ok(points.every(({ at }) => Date.parse(at) % HOUR === 0));
      assert.deepEqual(points.map(({ at }) => at), points.map(({ at }) => at).toSorted());
      assert.equal(new Set(points.map(({ at }) => at)).size, points.length);
    }
    assert.deepEqual(Object.fromEntries(series.totals().map(({ script, requests }) => [script, requests])), { s: 600, other: 800 });
    const byVersion = asked(series, now, { script: "s", by: "version", step: "hour" }).series.map(({ version, totals }) => [version, totals.requests]);
    assert.deepEqual(byVersion, [["v", 200], ["w", 400]]);
    assert.equal(asked(series, now, { script: "s", version: "w", by: "version", step: "hour" }).series[0].totals.requests, 400);
    let sum = 0;
    for (let day = START; day <= now; day += DAY) sum += series.ofDay(day).get("other")?.["outcome.ok"] ?? 0;
    assert.equal(sum, 800);
  });

  test("cost a row for each script and version, however many minutes an hour has and however many rows a minute", () => {
    const queries = [];
    const { exec } = db;
    db.exec = (query, ...bindings) => {
      queries.push(query);
      return exec(query, ...bindings);
    };
    const many = (begin) => queries.filter((query) => query.startsWith(begin)).length;
    const series = new Series(db);
    const one = ["a", "b", "c", "d", "e"].map((script) => [script, "v", requests(1)]);
    for (let i = 0; i < 60; i += 1) series.add(START + i * MINUTE, one);
    assert.deepEqual([many("INSERT OR REPLACE INTO minute"), many("SELECT COUNT(*) AS n FROM minute")], [300, 60]);
    series.add(START + HOUR, one);
    assert.deepEqual([many("INSERT OR REPLACE INTO hour"), many("INSERT OR REPLACE INTO total")], [5, 5]);
    assert.deepEqual(series.totals().map(({ requests }) => requests), [61, 61, 61, 61, 61]);
    assert.ok(many("SELECT COUNT(*) AS n FROM hour") <= 1);
  });

  test("are kept for two days by the minute and five weeks by the hour, and the totals of who is still there", () => {
    const series = new Series(db);
    series.add(START, [["early", "", requests(1)]]);
    let now = START;
    for (let day = 0; day < 40; day += 1) {
      now = START + day * DAY;
      series.add(now, [["s", "", requests(1)]]);
      series.forget(now);
    }
    assert.ok(db.count("minute") <= 3, `${db.count("minute")}`);
    assert.ok(db.count("hour") >= 34 && db.count("hour") <= 36, `${db.count("hour")}`);
    assert.deepEqual(series.totals().map(({ script, requests }) => [script, requests]), [["s", 40]], "a counter keeps what its hours have lost");
    assert.throws(() => series.told(now, { since: iso(now), until: iso(now - 1) }), /since has to be before/);
    for (const until of ["", "0000-01-01", "689347397164664", "2026", "tomorrow"]) assert.throws(() => series.told(now, { until }), /until has to be a time/, until);
    assert.match(series.told(now, { until: "99999999999999" }).until, /^5138-/);
  });

  test("of more scripts than so many in a minute only the namespace is counted", () => {
    const series = new Series(db);
    series.add(START, Array.from({ length: 1200 }, (_, at) => [`s${at}`, "", requests(1)]));
    assert.equal(db.count("minute"), 1001);
    const { series: all } = asked(series, START, { by: "namespace", step: "minute" });
    assert.equal(all[0].totals.requests, 1200);
    assert.equal(asked(series, START, { by: "script", step: "minute" }).series.find(({ script }) => script === "").totals.requests, 200);
  });

  test("a clock that goes back counts on, and each once: by the minute, by the hour, and in the totals", () => {
    let series = new Series(db);
    let all = 0;
    const steps = [3 * HOUR, HOUR, HOUR + 1, 3 * HOUR + 1, 4 * HOUR, 2 * HOUR, 27 * HOUR, 4 * HOUR, 5 * HOUR, 28 * HOUR, 30 * HOUR];
    for (const [i, step] of steps.entries()) {
      series.add(START + step, [["s", "", requests(1)]]);
      all += 1;
      if (i === 5) series = new Series(db);
      for (const by of ["minute", "hour"]) assert.equal(asked(series, START + 40 * HOUR, { by: "namespace", step: by }).series[0].totals.requests, all, `${by} after ${i}`);
      assert.deepEqual(series.totals().map(({ script, requests }) => [script, requests]), [["s", all]], `${i}`);
    }
    assert.equal(series.ofDay(START).get("s")["outcome.ok"] + series.ofDay(START + DAY).get("s")["outcome.ok"], all);
  });
});

describe("identities", () => {
  const key = (at, parts = {}) => ({ key: `n/s@${at}`, script: "s", version: "v", parts: JSON.stringify({ modules: "m", env: "e", ...parts }), starts: 1 });
  const none = () => new Map();

  test("each key counts once a day, and again on the next", () => {
    const identities = new Identities(db);
    for (const at of [1, 1, 2]) identities.add(START, [key(at)]);
    identities.add(START + DAY, [key(1)]);
    const days = identities.cost(START + DAY + HOUR, {}, none).days.map(({ day, keys, cold_starts }) => [day, keys, cold_starts]);
    assert.deepEqual(days, [["2026-06-02", 1, 1], ["2026-06-01", 2, 3]]);
    identities.forget(START + 20 * DAY);
    assert.equal(db.count("identity"), 0);
  });

  test("a month is projected from all days since the first, idle ones too, and today as far as it is over", () => {
    const identities = new Identities(db);
    identities.add(START, Array.from({ length: 700 }, (_, at) => key(at)));
    const week = identities.cost(START + 7 * DAY - 1, {}, none).projected;
    assert.ok(week.workers >= 2990 && week.workers <= 3010, `${week.workers}`);
    assert.deepEqual([week.usd.workers, week.usd_beyond_included.workers], [week.workers * PRICES.worker_day, (week.workers - 1000) * PRICES.worker_day].map((usd) => Math.round(usd * 100) / 100));
    const noon = identities.cost(START + 12 * HOUR, { worker_day: 1 }, none).projected;
    assert.equal(noon.workers, 700 * 2 * 30);
    assert.equal(noon.usd.workers, noon.workers);
    assert.deepEqual(new Identities(sql()).cost(START, {}, none).projected.workers, 0);
  });

  test("keys that change are warned of with what changed; loads too", () => {
    const identities = new Identities(db);
    identities.add(START, Array.from({ length: 6 }, (_, at) => key(at, { env: `e${at}`, modules: at < 3 ? "m" : "n" })));
    const loads = new Map([["once", { loads: 5000 }], ["few", { loads: 5 }]]);
    const { warnings } = identities.cost(START + HOUR, {}, () => loads);
    assert.deepEqual(warnings.map(({ message, ...rest }) => rest), [{ code: "many_keys", script: "s", keys: 6, changed: { env: 5, modules: 1 } }, { code: "many_loads", script: "once", loads: 5000 }]);
    assert.match(warnings[0].message, /5x env \(a variable, secret or binding changed\), 1x modules/);
    assert.throws(() => identities.cost(START, { worker_day: -1 }, none), /PRICES is wrong: "worker_day"/);
    assert.throws(() => identities.cost(START, { per_day: 1 }, none), /PRICES is wrong/);
  });

  test("are bounded", () => {
    const identities = new Identities(db);
    identities.add(START, Array.from({ length: 20_500 }, (_, at) => key(at)));
    assert.equal(db.count("identity"), 20_000);
    identities.add(START, [key(1)]);
    assert.equal(identities.cost(START, {}, none).days[0].cold_starts, 20_001, "one that is known is counted all the same");
  });
});

describe("events and faults", () => {
  const event = (at, said) => ({ eventTimestamp: START + at, scriptName: "s", scriptVersion: { id: "v" }, requestId: `r${at}`, outcome: "ok", logs: [{ level: "warn", message: [said] }], exceptions: [], event: null });

  test("the last so many are kept, for a week", () => {
    const events = new Events(db);
    for (let i = 0; i < 30; i += 1) events.add(Array.from({ length: 100 }, (_, at) => event(i * 100 + at, `line ${i * 100 + at}`)), [], 0);
    assert.equal(db.count("event"), 2000);
    assert.equal(events.told({ limit: 1 }).events[0].requestId, "r2999");
    events.forget(START + 8 * DAY);
    assert.equal(db.count("event"), 0);
  });

  test("are found by what was said, as it was said, whatever the case", () => {
    const events = new Events(db);
    events.add([event(1, 'say "hi" now'), event(2, "other")], ["r3"], 2);
    const found = (search) => events.told({ search }).events.length;
    assert.deepEqual([found('SAY "HI"'), found("level"), found("other"), found("%")], [1, 0, 1, 0]);
    assert.equal(events.told({ request_id: "r3" }).tail, "arrived", "of a call that wrote nothing, too");
    events.add([], [], 3);
    assert.equal(events.told({}).dropped, 5);
  });

  test("faults go after five weeks", () => {
    const faults = new Faults(db);
    const once = { at: START, version: "v", request: "r" };
    faults.add([{ script: "s", count: 2, first: once, last: once, fault: { fingerprint: "f", name: "Error" } }]);
    faults.add([{ script: "s", count: 3, first: once, last: { ...once, at: START + DAY, version: "w" }, fault: { fingerprint: "f", name: "Error" } }]);
    const one = faults.one("s", "f");
    assert.deepEqual([one.count, one.first_version, one.last_version, one.last_seen], [5, "v", "w", iso(START + DAY)]);
    faults.forget(START + 35 * DAY);
    assert.equal(faults.told({}).length, 1);
    faults.forget(START + 37 * DAY);
    assert.throws(() => faults.one("s", "f"), /has no error/);
  });
});
