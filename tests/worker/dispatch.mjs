// Scripts that are deployed and asked: what the dispatch tests share.
import assert from "node:assert/strict";
import { NAMESPACES, apiOf } from "./api.mjs";
import { startHost } from "./host.mjs";

export const TOKEN = "the-token-of-the-dispatch-tests";
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A module whose answers say `text`. It reads what it is sent: where a worker does not, workerd now and then closes the
 * connection, whatever host is in front of it.
 */
export const says = (text) => `export default { async fetch(request) { await request.text(); return new Response(${JSON.stringify(text)}); } };`;

/** A module that tells what it gets. */
export const ECHO = `export default { async fetch(request, env) {
  const { url, method, redirect, cf } = request;
  return Response.json({ url, method, redirect, cf, headers: Object.fromEntries(request.headers), env, body: await request.text() });
} };`;

/** What a host does for the scripts of a namespace. */
export function scriptsOf(host, namespace = "tenants", token = TOKEN) {
  const api = apiOf(host, token);
  const at = (name) => `${NAMESPACES}/${namespace}/scripts/${name}`;
  const form = (source, metadata) => {
    const form = new FormData();
    form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-07-01", ...metadata }));
    const modules = typeof source === "string" ? { "index.js": source } : source;
    for (const [module, text] of Object.entries(modules)) form.set(module, new File([text], module, { type: "application/javascript+module" }));
    return form;
  };
  const result = async (...call) => (await api(...call)).result;
  return {
    api,
    create: (fields) => result("POST", NAMESPACES, { name: namespace, ...fields }),
    /** Deploys, as wrangler does; gives the version's id. */
    deploy: async (name, source, metadata) => (await result("PUT", at(name), form(source, metadata))).deployment_id,
    /** Uploads without deploying; gives the version's id. */
    upload: async (name, source, metadata) => (await result("POST", `${at(name)}/versions`, form(source, metadata))).id,
    /** Gives traffic to versions: `split("app", { [id]: 10, [other]: 90 })`. */
    split: (name, shares, fields) => result("POST", `${at(name)}/deployments`, {
      strategy: "percentage",
      versions: Object.entries(shares).map(([version_id, percentage]) => ({ version_id, percentage })),
      ...fields,
    }),
    deployments: async (name) => (await result("GET", `${at(name)}/deployments`)).deployments,
    patch: (name, settings) => result("PATCH", `${at(name)}/settings`, settings),
    remove: (name) => result("DELETE", at(name)),
    explain: (name, query) => result("GET", `${at(name)}/explain?${query}`),
    /** Asks a script. */
    ask: (path, init) => host.fetch(`/dispatch/${namespace}/${path}`, { redirect: "manual", ...init }),
  };
}

/** Starts a host with a namespace `tenants`, which it may have of a host before it. */
export async function startScripts({ bindings = {}, again = false, ...options } = {}) {
  const host = await startHost({ bindings: { API_TOKEN: TOKEN, ...bindings }, ...options });
  const scripts = scriptsOf(host);
  if (!again) await scripts.create();
  return { ...host, ...scripts, spy: async (modes = {}) => (await host.fetch("/spy", { method: "PUT", body: JSON.stringify(modes) })).json() };
}

/** Runs `body` with a host of its own. */
export async function withScripts(options, body) {
  const host = await startScripts(options);
  try {
    return await body(host);
  } finally {
    await host.dispose();
  }
}

/** The answer's text, of a request that went well. */
export async function text(response, status = 200) {
  const body = await response.text();
  assert.equal(response.status, status, body);
  return body;
}

export const version = (response) => response.headers.get("x-worker-version");
export const cache = (response) => response.headers.get("x-worker-cache");
export const fallback = (response) => response.headers.get("x-worker-fallback");

/** The value of the cookie that an answer sets. */
export const sticker = (answer) => /dl_version=([^;]*)/.exec(answer.headers.get("set-cookie") ?? "")?.[1];

/** A request from an address. */
export const from = (address, headers = {}) => ({ headers: { "cf-connecting-ip": address, ...headers } });

/** Starts a second host over the storage of a first one: another isolate, which nobody tells of a change. */
export async function startSharing(first, bindings, namespace = "tenants", extra = {}) {
  const OTHER = async (request) => {
    const [, binding, name] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    if (binding === "BUNDLES") {
      const object = await (await first.miniflare.getR2Bucket("BUNDLES")).get(name);
      return new Response(object && await object.arrayBuffer(), { status: object ? 200 : 404 });
    }
    const objects = await first.miniflare.getDurableObjectNamespace(binding);
    const answer = await objects.get(objects.idFromName(name)).fetch("https://object/", { method: "POST", body: await request.text() });
    return new Response(await answer.text(), { status: answer.status });
  };
  const host = await startHost({ main: "sharing.js", bindings: { API_TOKEN: TOKEN, ...bindings }, extra: { serviceBindings: { OTHER }, ...extra } });
  return { ...host, ask: (path, init) => host.fetch(`/dispatch/${namespace}/${path}`, init) };
}
