// What the tests of what an isolate knows of a script share: how long that lasts, what was asked of storage, and changes that came to
// another isolate.
import assert from "node:assert/strict";
import { withScripts } from "./dispatch.mjs";

/** Runs `body` with a host where a copy lasts so long. */
export const withTtl = (ttl, body) => withScripts({ main: "spied.js", bindings: { SNAPSHOT_TTL_MS: ttl } }, body);
/** How often storage was asked this. */
export const asked = async (host, op) => (await host.spy()).asked.filter((asked) => asked.op === op).length;

/** A change that came to another isolate: this one is not told. */
export async function changedElsewhere(host, name, operation) {
  const { result } = await host.api("GET", "/accounts/acc/workers/dispatch/namespaces/tenants");
  const objects = await host.miniflare.getDurableObjectNamespace("SCRIPTS");
  const object = objects.get(objects.idFromName(`${result.namespace_id}/${name}`));
  const answer = await object.fetch("https://script/", { method: "POST", body: JSON.stringify(operation) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

export const deployElsewhere = (host, name, id) =>
  changedElsewhere(host, name, { op: "deploy", body: { strategy: "percentage", versions: [{ version_id: id, percentage: 100 }] } });
