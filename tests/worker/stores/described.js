// A value in words that can be compared: what it is, all that is in it, and of an error its class and message.
export async function described(value) {
  if (value === undefined) return "undefined";
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") return Number.isNaN(value) ? "NaN" : value;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "function";
  if (typeof value === "symbol") return "symbol";
  if (value instanceof Error) return { error: value.name, message: value.message };
  if (value instanceof Date) return { date: Number.isNaN(value.getTime()) ? "none" : "one" };
  if (value instanceof ArrayBuffer) return { ArrayBuffer: hex(value) };
  if (ArrayBuffer.isView(value)) return { [value.constructor.name]: hex(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength)) };
  if (value instanceof ReadableStream) return { ReadableStream: await new Response(value).text() };
  if (value instanceof Blob) return { Blob: await value.text(), type: value.type };
  if (value instanceof Response) return { Response: value.status, text: await value.text() };
  if (value instanceof Map) return { Map: await all([...value]) };
  if (value instanceof Headers) return { Headers: [...value] };
  if (Array.isArray(value)) return all(value);
  const kind = value.constructor?.name ?? "null";
  const own = {};
  for (const name of Object.keys(value).sort()) own[name] = await described(value[name]);
  return kind === "Object" ? own : { [kind]: own };
}

const all = (values) => Promise.all(values.map(described));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Runs calls, one after the other: `[["what", (env) => ...], ...]`. Gives what came of each. */
export async function run(calls, env) {
  const told = [];
  for (const [what, call] of calls) {
    let came;
    try {
      came = await described(await call(env));
    } catch (error) {
      came = { threw: await described(error) };
    }
    told.push([what, came]);
  }
  return told;
}
