// One request and its answer as they are on the wire: nothing decoded, followed, joined or left out, as fetch() would.
import { request } from "node:http";

// What the connection needs and the clock says.
const HOPS = ["connection", "keep-alive", "date"];

/** `path` goes as it is, where a URL would be put in order. */
export function wire(url, { method = "GET", headers = {}, body, path = url.pathname + url.search } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, path, agent: false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const fields = [];
        for (let i = 0; i < answer.rawHeaders.length; i += 2) {
          const name = answer.rawHeaders[i].toLowerCase();
          if (!HOPS.includes(name)) fields.push([name, answer.rawHeaders[i + 1]]);
        }
        resolve({ status: answer.statusCode, reason: answer.statusMessage, headers: fields, body: Buffer.concat(parts) });
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
