// wrangler with tokens that may not do everything.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ACCOUNT, NAMESPACE } from "./clients.mjs";

export default (clients) => describe("wrangler with a token that is limited", () => {
  const made = async (permission, namespaces) =>
    (await clients().api("POST", `/accounts/${ACCOUNT}/tokens`, { name: "ci", permission, namespaces })).result.value;

  test("to one namespace: it deploys there, and sees nothing else", async () => {
    const { project, wrangler, api, served } = clients();
    await api("POST", `/accounts/${ACCOUNT}/workers/dispatch/namespaces`, { name: "others" });
    const token = { CLOUDFLARE_API_TOKEN: await made("write", [NAMESPACE]) };
    const folder = project("parts");
    const run = async (...args) => wrangler(folder, args, token);
    const deployed = await run("deploy", "--name", "mine", "--dispatch-namespace", NAMESPACE);
    assert.equal(deployed.code, 0, deployed.out);
    assert.equal((await served("mine", "/word")).text, "apart");
    const elsewhere = await run("deploy", "--name", "mine", "--dispatch-namespace", "others");
    assert.match(elsewhere.out, /not for this namespace.*\[code: 9109\]/s);
    const { out } = await run("dispatch-namespace", "list");
    assert.ok(out.includes(NAMESPACE) && !out.includes("others"), out);
    const deleted = await run("dispatch-namespace", "delete", NAMESPACE);
    assert.match(deleted.out, /\[code: 9109\]/);
    await api("DELETE", `/accounts/${ACCOUNT}/workers/dispatch/namespaces/others`);
  });

  test("to reading: it lists, and deploys nothing", async () => {
    const { project, wrangler } = clients();
    const token = { CLOUDFLARE_API_TOKEN: await made("read", "*") };
    const folder = project("parts");
    const list = await wrangler(folder, ["dispatch-namespace", "list"], token);
    assert.equal(list.code, 0, list.out);
    const { code, out } = await wrangler(folder, ["deploy", "--name", "unread", "--dispatch-namespace", NAMESPACE], token);
    assert.equal(code, 1, out);
    assert.match(out, /may only read.*\[code: 9109\]/s);
  });
});
