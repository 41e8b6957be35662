// The sample workers, and what each is asked: [method, query, body]. For whoever runs them under another host.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const get = (...queries) => queries.map((query) => ["GET", query]);

const requests = {
  status: get(
    "status=200", "status=201&reason=Made", "status=202", "status=204", "status=205", "status=206", "status=304",
    "status=400", "status=404&reason=Gone%20fishing", "status=418", "status=429", "status=500", "status=503", "status=599",
  ),
  headers: [["GET", ""], ["HEAD", ""], ["POST", "", "x"]],
  encoded: get("encoding=gzip&ready", "encoding=gzip"),
  redirect: get("status=301", "status=302", "status=307", "status=308", "status=303&relative"),
  bodies: [
    ...get("none", "empty", "text", "json", "bytes", "large", "blob", "form", "length", "stream").map(([, kind]) => ["GET", `body=${kind}`]),
    ["HEAD", "body=text"], ["HEAD", "body=length"], ["HEAD", "body=stream"],
  ],
  echo: [
    ["GET", ""], ["GET", "a=b%20c&a=%C3%A4&d"], ["HEAD", ""], ["OPTIONS", ""], ["DELETE", ""],
    ["POST", "", "text"], ["PUT", "", Buffer.from([0, 255, 10, 13])], ["PATCH", "", ""], ["POST", "large", Buffer.alloc(1_000_000, "x")],
  ],
};

export const samples = Object.entries(requests).map(([name, asked]) => ({
  name,
  source: readFileSync(join(import.meta.dirname, `${name}.js`), "utf8"),
  requests: asked.map(([method, query, body]) => ({ method, query, body })),
}));
