import { Hono } from "hono";
import { etag } from "hono/etag";
import { find, type Book } from "./books";

interface Env {
  SHELF: string;
}

const app = new Hono<{ Bindings: Env }>();
app.use("/books/*", etag());
app.get("/books/:id", (c) => {
  const book: Book | undefined = find(c.req.param("id"));
  return book ? c.json({ ...book, shelf: c.env.SHELF }) : c.json({ error: "no such book" }, 404);
});
app.post("/echo", async (c) => c.text((await c.req.text()).toUpperCase()));

export default app;
