// As much of HTTP/1.1 as the load generator reads: whole responses, with a length or in chunks.

const headEnd = Buffer.from("\r\n\r\n");

export function requestBytes(path, headers = {}) {
  const lines = Object.entries({ host: "bench", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
}

/** The response at the start of `bytes` as {status, body, length}, or null where more is to come. */
export function readResponse(bytes) {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return null;
  const [statusLine, ...fields] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1];
  if (!status) throw new Error(`not an HTTP response: ${statusLine.slice(0, 80)}`);
  const headers = new Map(fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  }));
  const start = end + headEnd.length;
  const body = headers.get("transfer-encoding") === "chunked"
    ? readChunks(bytes, start)
    : readLength(bytes, start, Number(headers.get("content-length")));
  return body && { status: Number(status), ...body };
}

function readLength(bytes, start, size) {
  if (!Number.isInteger(size) || size < 0) throw new Error("a response with neither a length nor chunks");
  const length = start + size;
  return bytes.length < length ? null : { body: bytes.toString("latin1", start, length), length };
}

function readChunks(bytes, start) {
  let body = "";
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size >= 0)) throw new Error("a chunk without a size");
    at = lineEnd + 2 + size + 2;
    if (bytes.length < at) return null;
    if (size === 0) return { body, length: at };
    body += bytes.toString("latin1", lineEnd + 2, lineEnd + 2 + size);
  }
}
