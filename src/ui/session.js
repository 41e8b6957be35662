// Who works here: the token, in the memory of this page alone, and the calls that it is needed for. Not in any storage: below
// /dispatch/ scripts are of the same origin, and could read it there.

import { useEffect, useState } from "preact/hooks";

const BASE = "/client/v4/accounts/local/workers/dispatch/namespaces";

/** Whether another page has opened this one, and so can reach into it, whoever that is. */
export const isOpened = window.opener !== null;

let held = "";
const listeners = new Set();
// A link brings it once: what is behind the # is never sent, and is taken out of the address at once.
function take() {
  if (!location.hash.startsWith("#token=")) return;
  const brought = decoded(location.hash.slice("#token=".length));
  history.replaceState(null, "", `${location.pathname}${location.search}#/scripts`);
  if (!isOpened) setToken(brought);
}
take();
addEventListener("hashchange", take);

/** A part of an address as text, or as it is. */
export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const token = () => held;

export function setToken(value) {
  held = value;
  for (const tell of listeners) tell(value);
}

/** Calls `tell` with the token whenever it is another. */
export function onToken(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function useToken() {
  const [value, set] = useState(token());
  useEffect(() => onToken(set), []);
  return value;
}

/** What the API refuses, in its own words. */
export class Refused extends Error {
  constructor(status, errors) {
    super(errors.map(({ message }) => message).join("\n") || `The answer has the status ${status}.`);
    this.status = status;
    this.errors = errors;
  }
}

/** A call below the namespaces of the control API: `{ result, info }`. A FormData goes as it is, anything else as JSON. */
export async function call(method, path, body, as = token()) {
  const form = body instanceof FormData;
  const headers = { authorization: `Bearer ${as}`, ...(body !== undefined && !form && { "content-type": "application/json" }) };
  const answer = await fetch(BASE + path, { method, headers, body: body === undefined || form ? body : JSON.stringify(body) });
  const told = await answer.json().catch(() => ({ errors: [] }));
  if (!answer.ok) throw new Refused(answer.status, told.errors ?? []);
  return { result: told.result, info: told.result_info };
}

export const get = async (path) => (await call("GET", path)).result;

/** What a path has now, and a way to ask again: `{ value, error, busy, reload }`. Asked again each `everyMs`, where that is given. */
export function useAsked(path, everyMs) {
  const [state, set] = useState({ busy: true });
  const [turn, next] = useState(0);
  useEffect(() => {
    let current = true;
    set((before) => ({ ...(before.path === path && before), path, busy: true }));
    const ask = async () => {
      try {
        const value = await get(path);
        if (current) set({ path, value, busy: false });
      } catch (error) {
        if (current) set({ path, error, busy: false });
      }
    };
    ask();
    const timer = everyMs && setInterval(() => document.hidden || ask(), everyMs);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [path, turn, everyMs]);
  return { ...state, reload: () => next((turn) => turn + 1) };
}
