// The control API as a plain client sees it: one function for one call, which checks the envelope of every answer.
import assert from "node:assert/strict";

export const NAMESPACES = "/accounts/acc/workers/dispatch/namespaces";

/**
 * `api(method, path, body?, { token, headers, status })`: gives `{ status, headers, result, errors, info }`. An object
 * as the body is sent as JSON. `status` is what the answer has to have; without it, any good one.
 */
export function apiOf(host, token) {
  return async (method, path, body, options = {}) => {
    const authorization = options.token === null ? {} : { authorization: `Bearer ${options.token ?? token}` };
    const json = body !== undefined && typeof body !== "string" && !(body instanceof FormData) && !(body instanceof ReadableStream);
    // In one piece: a call that is refused may be answered, and its connection ended, before all pieces of a body are sent.
    const form = body instanceof FormData ? new Response(body) : undefined;
    const type = json ? "application/json" : form?.headers.get("content-type");
    const headers = { ...authorization, ...(type ? { "content-type": type } : {}), ...options.headers };
    const sent = json ? JSON.stringify(body) : form ? new Uint8Array(await form.arrayBuffer()) : body;
    const answer = await host.fetch(`/client/v4${path}`, { method, headers, body: sent, duplex: "half" });
    const text = await answer.text();
    const where = `${method} ${path}: ${answer.status} ${text}`;
    if (options.status) assert.equal(answer.status, options.status, where);
    else assert.ok(answer.ok, where);
    if (method === "HEAD") return { status: answer.status, headers: answer.headers };
    return { status: answer.status, headers: answer.headers, ...enveloped(answer, text, where) };
  };
}

function enveloped(answer, text, where) {
  assert.match(answer.headers.get("content-type"), /^application\/json/, where);
  assert.equal(answer.headers.get("cache-control"), "no-store", where);
  assert.equal(answer.headers.get("cf-ray"), null);
  const { success, errors, messages, result, result_info: info, ...rest } = JSON.parse(text);
  assert.deepEqual([rest, messages], [{}, []], where);
  assert.equal(success, answer.ok, where);
  for (const error of errors) {
    assert.deepEqual(Object.keys(error).sort(), ["code", "message"], where);
    assert.equal(typeof error.code, "number", where);
    assert.ok(error.message.length > 10, where);
  }
  assert.equal(errors.length > 0, !success, where);
  if (!success) assert.equal(result, null, where);
  return { result, errors, info };
}
