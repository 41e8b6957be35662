// What a script writes: the last of it, and from then on live.

import { useEffect, useState } from "preact/hooks";
import { Problem, Time } from "./parts.jsx";
import { call, get } from "./session.js";

const MOST = 500;
const AGAIN_MS = 2000;

export function Logs({ path }) {
  const [events, set] = useState([]);
  const [state, tell] = useState({ live: false });
  const [status, choose] = useState("");
  const [search, look] = useState("");
  const [paused, pause] = useState(false);
  useEffect(() => {
    if (paused) return undefined;
    let socket, timer, ended = false;
    const query = new URLSearchParams({ limit: "100", ...(status && { status }), ...(search && { search }) });
    // What came live meanwhile is not told twice.
    const history = async () => {
      const { events } = await get(`${path}/logs?${query}`);
      if (!ended) set((known) => [...known, ...events.filter(({ requestId }) => requestId === null || !known.some((one) => one.requestId === requestId))]);
    };
    const listen = async () => {
      const tail = (await call("POST", `${path}/tails`, { filters: filters(status, search) })).result;
      const end = () => call("DELETE", `${path}/tails/${tail.id}`).catch(() => {});
      if (ended) return end();
      const url = new URL(tail.url);
      url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
      socket = new WebSocket(url, "trace-v1");
      let opened = false;
      socket.onmessage = ({ data }) => set((known) => [JSON.parse(data), ...known].slice(0, MOST));
      socket.onopen = () => {
        opened = true;
        tell({ live: true });
      };
      socket.onclose = () => {
        if (!opened) end();
        if (ended) return;
        tell({ live: false });
        timer = setTimeout(begin, AGAIN_MS);
      };
    };
    // Who may not listen may read all the same.
    const begin = () => listen().catch((error) => !ended && tell({ live: false, error }));
    set([]);
    tell({ live: false });
    history().catch((error) => !ended && tell({ live: false, error }));
    begin();
    return () => {
      ended = true;
      clearTimeout(timer);
      socket?.close();
    };
  }, [path, status, search, paused]);
  return (
    <>
      <form class="row" style={{ marginBottom: ".8rem" }} onSubmit={(event) => {
        event.preventDefault();
        look(new FormData(event.currentTarget).get("search"));
      }}>
        <label for="status">Outcome</label>
        <select id="status" value={status} onChange={(event) => choose(event.currentTarget.value)}><option value="">any</option><option value="ok">ok</option><option value="error">error</option></select>
        <label for="search">Text</label>
        <input id="search" name="search" type="search" />
        <button>Search</button>
        <button type="button" aria-pressed={paused} onClick={() => pause(!paused)}>{paused ? "Go on" : "Pause"}</button>
        <span role="status" class={state.live ? "good" : "soft"}>{paused ? "paused" : state.live ? "● live" : state.error ? "not live" : "connecting…"}</span>
      </form>
      <Problem error={state.error} />
      {events.length === 0 ? <p class="note">Nothing yet. What <code>console.log</code> writes in the script comes here, within about two seconds.</p> : (
        <ol class="log" tabIndex={0} aria-label="Events, the newest first">{events.map((event, at) => <Event key={event.requestId ?? at} event={event} />)}</ol>
      )}
    </>
  );
}

const filters = (status, search) => [...(status ? [{ outcome: status === "error" ? ["error"] : [status] }] : []), ...(search ? [{ query: search }] : [])];

export function Event({ event: { event, outcome, logs, exceptions, eventTimestamp } }) {
  if (event?.type === "overload") return <li class="warn">{event.message}</li>;
  const { request, response, rpcMethod, queue } = event ?? {};
  const what = request ? `${request.method} ${URL.parse(request.url)?.pathname ?? request.url}` : rpcMethod ? `call ${rpcMethod}()` : queue ? `queue ${queue}` : "call";
  return (
    <li>
      <span class="soft"><Time at={eventTimestamp} /></span> {what} <span class={outcome === "ok" ? "good" : "bad"}>{response?.status ?? ""} {outcome}</span>
      <Lines logs={logs} exceptions={exceptions} />
    </li>
  );
}

export function Lines({ logs, exceptions = [] }) {
  if (logs.length + exceptions.length === 0) return null;
  return (
    <ul>
      {logs.map(({ level, message }, at) => <li key={at} class={{ warn: "warn", error: "bad" }[level]}>{message.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" ")}</li>)}
      {exceptions.map(({ name, message, stack }, at) => <li key={`e${at}`} class="bad">{`${name}: ${message}\n${stack ?? ""}`.trimEnd()}</li>)}
    </ul>
  );
}
