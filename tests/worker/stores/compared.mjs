// The same calls of the same script, against Miniflare's own bindings and against ours.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";
import { text } from "../dispatch.mjs";

const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const MAIN = `import calls, * as also from "./calls.js"; import { run } from "./described.js";
export * from "./calls.js";
export default { ...also.handlers, fetch: async (request, env) => Response.json(await run(calls, env)) };`;

/** The modules of the script that makes the calls of a file of this folder. */
const callsOf = (file) => ({ "index.js": MAIN, "calls.js": read(file), "described.js": read("described.js") });

/** What comes of them with bindings of Miniflare's. */
async function ofMiniflare(file, options) {
  const modules = Object.entries(callsOf(file)).map(([path, contents]) => ({ type: "ESModule", path, contents }));
  const miniflare = new Miniflare({ modules, modulesRoot: ".", compatibilityDate: "2026-07-01", host: "127.0.0.1", cf: false, ...options });
  try {
    return await (await miniflare.dispatchFetch("http://localhost/")).json();
  } finally {
    await miniflare.dispose();
  }
}

/**
 * Makes the calls of a file by a script of `host` with this binding, and by Miniflare with these options: whether both agree call by
 * call, but for those that `known` names. So many calls there are, as README says.
 */
export async function compare(host, file, { binding, metadata, options, prepare, count, known = {} }) {
  await host.deploy("calls", callsOf(file), { bindings: [binding].flat(), ...metadata });
  await prepare?.();
  const [theirs, ours] = [await ofMiniflare(file, options), JSON.parse(await text(await host.ask("calls/")))];
  assert.equal(theirs.length, count);
  assert.deepEqual(ours.map(([what]) => what), theirs.map(([what]) => what));
  const differ = [];
  theirs.forEach(([what, came], at) => {
    const [, our] = ours[at];
    if (JSON.stringify(came) === JSON.stringify(our)) assert.ok(!(what in known), `${what}: that is no difference any more`);
    else if (!(what in known)) differ.push(`${what}\n  theirs ${JSON.stringify(came)}\n  ours   ${JSON.stringify(our)}`);
  });
  assert.equal(differ.length, 0, differ.join("\n"));
}
