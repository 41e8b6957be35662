// A host with patterns: what their tests share.
import assert from "node:assert/strict";
import { apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";

export const TOKEN = "the-token-of-the-pattern-tests";

export async function startPatterns({ bindings = {}, ...options } = {}) {
  const host = await startHost({ bindings: { API_TOKEN: TOKEN, SNAPSHOT_TTL_MS: 0, ...bindings }, ...options });
  const send = async (method, path, body, { token = TOKEN, headers = {}, status } = {}) => {
    const answer = await host.fetch(path, {
      method,
      redirect: "manual",
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (status) assert.equal(answer.status, status, `${method} ${path}: ${text}`);
    else assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    const json = /^application\/json/.test(answer.headers.get("content-type") ?? "") ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: answer.headers, text, json };
  };
  return {
    ...host,
    api: apiOf(host, TOKEN),
    /** A call that manages a pattern: with the token. */
    manage: async (method, path, body, options) => (await send(method, path, body, options)).json,
    /** A request to a worker: without it. */
    ask: (path, { method = "GET", body, ...options } = {}) => send(method, path, body, { token: null, ...options }),
  };
}
