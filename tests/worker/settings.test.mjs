// What the operator can get wrong: each is told, where it matters and nowhere else.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { current, refused, served } from "./contract.mjs";
import { withHost } from "./host.mjs";

/**
 * Starts with these settings; gives the sentences of the paths that fail so, and sees that the others work. The reason
 * may be one for the log.
 */
async function failing({ paths, status, code, log, ...options }) {
  return withHost(options, async (host) => {
    const page = await host.fetch("/");
    assert.deepEqual([page.status, (await page.text()).slice(0, 15)], [200, "<!doctype html>"]);
    const messages = [];
    for (const path of ["/dynamic", "/metrics", "/config"]) {
      const answer = await host.fetch(path);
      if (paths.includes(path)) messages.push(await refused(answer, status, code));
      else await served(answer, path.slice(1), "cold");
    }
    if (log) await host.logged(log);
    return messages;
  });
}

const ALL = ["/dynamic", "/metrics", "/config"];

describe("DYNAMIC_COMPATIBILITY_DATE", () => {
  const told = (date, status, code) =>
    failing({ bindings: { DYNAMIC_COMPATIBILITY_DATE: date }, paths: ALL, status, code });

  test("of a day that the runtime does not know yet: only the runtime can tell", async () => {
    for (const message of await told("2099-01-01", 502, "dynamic_worker_failed_to_load")) assert.match(message, /2099-01-01/);
  });

  test("that is no date", async () => {
    for (const date of ["x", "2026-02-30", "2026-7-1", "2026-07-01T00:00"]) {
      for (const message of await told(date, 500, "misconfigured")) {
        assert.match(message, /DYNAMIC_COMPATIBILITY_DATE/);
        assert.ok(message.includes(`"${date}"`), message);
      }
    }
  });

  test("that is empty is as good as none", () => withHost({ bindings: { DYNAMIC_COMPATIBILITY_DATE: "" } }, async (host) => {
    await served(await host.fetch("/metrics"), "metrics", "cold");
  }));

  test("of another day is what the workers run under, and makes other workers of them", async () => {
    const keys = await Promise.all(["2026-01-01", "2026-07-01"].map((date) =>
      withHost({ main: "spied.js", bindings: { DYNAMIC_COMPATIBILITY_DATE: date } }, async (host) => {
        const { key } = await served(await host.fetch("/metrics"), "metrics", "cold");
        const { codes } = await (await host.fetch("/spy")).json();
        assert.equal(codes[0].compatibilityDate, date);
        return key;
      })));
    assert.notEqual(keys[0], keys[1]);
  });
});

describe("a number that is none", () => {
  for (const [name, path] of [["DYNAMIC_PER_MINUTE", "/dynamic"], ["SNAPSHOT_TTL_MS", "/config"]]) {
    test(name, async () => {
      for (const value of ["abc", "", -1, 1.5, "1.5", "1e3", true]) {
        const [message] = await failing({ bindings: { [name]: value }, paths: [path], status: 500, code: "misconfigured" });
        assert.ok(message.includes(name), message);
      }
    });
  }

  test("as text it is one, as .dev.vars gives it", () => withHost(
    { bindings: { DYNAMIC_PER_MINUTE: " 1 ", SNAPSHOT_TTL_MS: "60000" } },
    async (host) => {
      await served(await host.fetch("/dynamic"), "dynamic");
      await refused(await host.fetch("/dynamic"), 429, "rate_limited");
      await current(host.fetch);
    },
  ));
});

describe("a binding that is missing", () => {
  test("the loader", async () => {
    const messages = await failing({ extra: { workerLoaders: {} }, paths: ALL, status: 500, code: "misconfigured" });
    for (const message of messages) assert.match(message, /worker_loaders/);
  });

  test("a Durable Object's", async () => {
    for (const [name, path] of [["LIMITER", "/dynamic"], ["CONFIG", "/config"]]) {
      const classes = { LIMITER: "Limiter", CONFIG: "ConfigStore" };
      const other = name === "LIMITER" ? "CONFIG" : "LIMITER";
      const durableObjects = { [other]: { className: classes[other], useSQLite: true } };
      const [message] = await failing({ extra: { durableObjects }, paths: [path], status: 500, code: "misconfigured" });
      assert.match(message, new RegExp(`binding ${name} .* wrangler\\.toml`));
    }
  });
});
