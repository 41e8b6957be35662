import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import { Counter } from "./counter";
import { Notes } from "./notes";

export { Counter };

interface Bindings {
  TITLE: string;
  SESSIONS: KVNamespace;
  DB: D1Database;
  FILES: R2Bucket;
  COUNTERS: DurableObjectNamespace<Counter>;
}

type Session = { user: string; seen: number };

const app = new Hono<{ Bindings: Bindings; Variables: { notes: Notes; session: Session | null } }>();

app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500)));
app.notFound((c) => c.json({ error: `There is no ${c.req.path}.` }, 404));

app.use(async (c, next) => {
  c.set("notes", new Notes(c.env.DB));
  const id = getCookie(c, "session");
  c.set("session", id === undefined ? null : await c.env.SESSIONS.get<Session>(`session:${id}`, "json"));
  await next();
  c.header("x-title", c.env.TITLE);
});

app.post("/setup", async (c) => {
  await c.var.notes.prepare();
  return c.body(null, 204);
});

app.post("/session", async (c) => {
  const { user, id } = await c.req.json<{ user: string; id: string }>();
  await c.env.SESSIONS.put(`session:${id}`, JSON.stringify({ user, seen: 0 }), { expirationTtl: 3600, metadata: { user } });
  setCookie(c, "session", id, { httpOnly: true, path: "/", sameSite: "Lax" });
  return c.json({ user }, 201);
});
app.get("/session", (c) => c.json(c.var.session));
app.get("/sessions", async (c) => {
  const { keys, list_complete } = await c.env.SESSIONS.list<{ user: string }>({ prefix: "session:" });
  return c.json({ list_complete, sessions: keys.map(({ name, metadata }) => [name, metadata?.user]) });
});
app.delete("/session", async (c) => {
  await c.env.SESSIONS.delete(`session:${getCookie(c, "session")}`);
  deleteCookie(c, "session");
  return c.body(null, 204);
});

app.get("/notes", async (c) => c.json(await c.var.notes.list(Number(c.req.query("stars") ?? 0))));
app.post("/notes", async (c) => {
  const { title, body } = await c.req.json<{ title: string; body: string }>();
  await c.env.COUNTERS.getByName("notes").hit(c.req.path);
  return c.json(await c.var.notes.add(title, body), 201);
});
app.get("/notes/:id{[0-9]+}", async (c) => {
  const note = await c.var.notes.find(Number(c.req.param("id")));
  if (note === null) throw new HTTPException(404, { message: "no such note" });
  return c.json(note);
});
app.post("/stars", async (c) => c.json({ changed: await c.var.notes.star(await c.req.json<number[]>()) }));
app.delete("/notes/:id{[0-9]+}", async (c) => c.body(null, (await c.var.notes.remove(Number(c.req.param("id")))) ? 204 : 404));

app.put("/files/:name", async (c) => {
  const put = await c.env.FILES.put(c.req.param("name"), c.req.raw.body, {
    httpMetadata: { contentType: c.req.header("content-type") ?? "application/octet-stream" },
    customMetadata: { by: c.var.session?.user ?? "nobody" },
  });
  return c.json({ key: put.key, size: put.size, etag: put.etag }, 201);
});
app.get("/files/:name", async (c) => {
  const object = await c.env.FILES.get(c.req.param("name"), { range: c.req.raw.headers, onlyIf: c.req.raw.headers });
  if (object === null) return c.notFound();
  const headers = new Headers({ etag: object.httpEtag, "x-by": object.customMetadata?.by ?? "" });
  object.writeHttpMetadata(headers);
  if (!("body" in object)) return new Response(null, { status: 304, headers });
  const range = object.range as { offset?: number; length?: number } | undefined;
  if (c.req.header("range") === undefined || range === undefined) return new Response(object.body, { headers });
  headers.set("content-range", `bytes ${range.offset ?? 0}-${(range.offset ?? 0) + (range.length ?? object.size) - 1}/${object.size}`);
  return new Response(object.body, { status: 206, headers });
});
app.get("/files", async (c) => {
  const { objects, truncated } = await c.env.FILES.list({ include: ["customMetadata", "httpMetadata"] });
  return c.json({ truncated, files: objects.map(({ key, size, customMetadata, httpMetadata }) => ({ key, size, customMetadata, type: httpMetadata?.contentType })) });
});
app.delete("/files/:name", async (c) => {
  await c.env.FILES.delete(c.req.param("name"));
  return c.body(null, 204);
});

app.get("/count/:name", async (c) => c.json({ total: await c.env.COUNTERS.getByName(c.req.param("name")).total() }));
app.post("/count/:name", async (c) => c.json({ total: await c.env.COUNTERS.get(c.env.COUNTERS.idFromName(c.req.param("name"))).hit(c.req.path) }));
app.post("/count/:name/reset", async (c) => {
  await c.env.COUNTERS.getByName(c.req.param("name")).resetLater(100);
  return c.body(null, 202);
});
app.get("/count/:name/latest", (c) => c.env.COUNTERS.getByName(c.req.param("name")).fetch(c.req.raw));

app.get("/", (c) => c.html(`<!doctype html><title>${c.env.TITLE}</title><h1>${c.env.TITLE}</h1>`));

export default app;
