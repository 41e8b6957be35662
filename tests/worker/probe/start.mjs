// The probe (tests/probe): a Worker that loads what a spec says, and calls it as it says.
import { after, before } from "node:test";
import { startHost } from "../host.mjs";

/** What a request says to the probe (tests/probe/src/spec.rs says what there is to say). */
export const specHeader = (spec) => ({ "x-spec": encodeURIComponent(JSON.stringify(spec)) });

/** Starts one probe for the tests of a `describe`, and ends it after them. */
export function probe() {
  const started = {};
  before(async () => Object.assign(started, await start()));
  after(() => started.dispose());
  return started;
}

async function start() {
  const went = [];
  const host = await startHost({
    toml: "tests/probe/wrangler.toml",
    dist: "tests/probe/dist",
    extra: { outboundService: (request) => (went.push(request.url), new Response(`inherited ${request.url}`)) },
  });
  /** One request, under a spec. */
  const call = (path, spec = {}, init = {}) =>
    host.fetch(path, { ...init, headers: { ...init.headers, ...specHeader(spec) } });
  const text = async (path, spec, init) => {
    const response = await call(path, spec, init);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${path} ${response.status}: ${body}`);
    return body;
  };
  return {
    ...host,
    call,
    text,
    went,
    json: async (...args) => JSON.parse(await text(...args)),
    /** The error that a call ends with, as the SDK tells it. */
    async error(path, spec, init) {
      const response = await call(path, spec, init);
      const body = await response.text();
      if (response.status !== 599) throw new Error(`${path} did not fail: ${response.status} ${body}`);
      return JSON.parse(body);
    },
  };
}

let names = 0;
/** A name that no other test has: the loader keeps what it has loaded. */
export const fresh = () => `test-${(names += 1)}`;

/** A spec for a worker of one module. */
export const source = (text, more = {}) => ({ name: fresh(), source: text, ...more });

export const HELLO = `export default { fetch: () => new Response("hello") };`;
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
