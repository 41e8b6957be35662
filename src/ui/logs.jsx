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
    let socket, tail, timer, ended = false;
    const begin = async () => {
      try {
        const query = new URLSearchParams({ limit: "100", ...(status && { status }), ...(search && { search }) });
        tail = (await call("POST", `${path}/tails`, { filters: filters(status, search) })).result;
        if (ended) return call("DELETE", `${path}/tails/${tail.id}`);
        socket = new WebSocket(tail.url.replace(/^ws/, location.protocol === "https:" ? "wss" : "ws").replace(/^wss+/, "wss"), "trace-v1");
        socket.onmessage = ({ data }) => set((known) => [JSON.parse(data), ...known].slice(0, MOST));
        socket.onopen = () => tell({ live: true });
        socket.onclose = () => {
          tell({ live: false });
          if (!ended) timer = setTimeout(begin, AGAIN_MS);
        };
        // After it listens: what comes between is told twice rather than not at all.
        const { events } = await get(`${path}/logs?${query}`);
        if (!ended) set((known) => [...known, ...events.filter(({ requestId }) => !known.some((one) => one.requestId === requestId))]);
      } catch (error) {
        tell({ live: false, error });
      }
    };
    set([]);
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
        <span role="status" class={state.live ? "good" : "soft"}>{paused ? "paused" : state.live ? "● live" : "connecting…"}</span>
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
