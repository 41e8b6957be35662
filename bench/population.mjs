// A host's storage with many scripts in it. One is uploaded through the API; the others are copies of what that left behind, in
// Miniflare's files: an upload of each takes 10 to 70 ms, most of which is the disk's, and would have 100,000 of them take hours.
// A copy differs where two uploads would: in the script's name, its tag, and all ids and keys. `check` compares a copy with
// an upload.
import { randomBytes, randomUUID } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScaleHost, nameOf, tagOf } from "./scale_host.mjs";

const NAMESPACE = "scale";
// The alarm that ends an upload has gone off by then, and nothing is to be done any more.
const SETTLED_MS = 30_000;

/** Makes `count` scripts of the name that `nameOf` says in this folder. */
export async function populate(folder, count) {
  const { DatabaseSync } = await import("node:sqlite");
  const host = await ScaleHost.start(folder);
  let ids;
  try {
    await host.call("POST", "", { name: NAMESPACE });
    await host.call("PATCH", `/${NAMESPACE}/quota`, { scripts: 1_000_000 });
    await host.deploy(nameOf(0), [tagOf(0)]);
    const { namespace_id } = await host.call("GET", `/${NAMESPACE}`);
    const objects = join(folder, "do/dynamic-loader-Script");
    await until(() => alarms(DatabaseSync, objects) === 0, "the upload's alarm");
    const names = Array.from({ length: count }, (_, i) => `${namespace_id}/${nameOf(i)}`);
    ids = await host.idsOf(names);
  } finally {
    await host.stop();
  }
  checkpoint(DatabaseSync, folder);
  const template = readFileSync(join(folder, "do/dynamic-loader-Script", `${ids[0]}.sqlite`));
  const unique = identifiersOf(DatabaseSync, join(folder, "do/dynamic-loader-Script", `${ids[0]}.sqlite`));
  const copies = [];
  for (let i = 1; i < count; i++) {
    const others = new Map([[nameOf(0), nameOf(i)], [tagOf(0), tagOf(i)]]);
    for (const id of unique) others.set(id, id.includes("-") ? randomUUID() : randomBytes(id.length / 2).toString("hex"));
    writeFileSync(join(folder, "do/dynamic-loader-Script", `${ids[i]}.sqlite`), replaced(template, others));
    copies.push(others);
  }
  addEntries(DatabaseSync, folder, copies);
  addBundles(DatabaseSync, folder, copies);
}

/** The ids and keys that are no other upload's. Those of what is stored by its digest are alike. */
function identifiersOf(DatabaseSync, file) {
  const database = new DatabaseSync(file, { readOnly: true });
  const all = (query) => database.prepare(query).all().map((row) => Object.values(row)[0]);
  const found = [...all("SELECT incarnation FROM script"), ...all("SELECT cookie_key FROM script"), ...all("SELECT id FROM version"), ...all("SELECT id FROM deployment")];
  database.close();
  return found;
}

/** Bytes with texts in them replaced by others of the same lengths, so that the pages of a database stay what they are. */
function replaced(template, others) {
  const bytes = Buffer.from(template);
  for (const [from, to] of others) {
    if (from.length !== to.length) throw new Error(`${from} and ${to} have different lengths`);
    let found = 0;
    for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + to.length)) {
      bytes.write(to, at, "latin1");
      found += 1;
    }
    // The name stands in no table of the script's own.
    if (found === 0 && from !== nameOf(0)) throw new Error(`${from} is not in the database of the script that is copied`);
  }
  return bytes;
}

const textOf = (value, others) => (typeof value === "string" ? [...others].reduce((text, [from, to]) => text.replaceAll(from, to), value) : value);

/** The index of the namespace, as each script would have told it. */
function addEntries(DatabaseSync, folder, copies) {
  const database = new DatabaseSync(databaseIn(join(folder, "do/dynamic-loader-Namespace")));
  copyRows(database, "SELECT * FROM script WHERE name = ?", nameOf(0), "script", copies);
  database.exec("UPDATE namespace SET revision = revision + 1");
  database.close();
}

/** The bundles in R2. */
function addBundles(DatabaseSync, folder, copies) {
  const database = new DatabaseSync(databaseIn(join(folder, "r2/miniflare-R2BucketObject")));
  const [{ blob_id }] = database.prepare("SELECT blob_id FROM _mf_objects").all();
  const blobs = join(folder, "r2/dynamic-loader/blobs");
  for (const others of copies) {
    const id = randomBytes(blob_id.length / 2).toString("hex");
    copyFileSync(join(blobs, blob_id), join(blobs, id));
    others.set(blob_id, id);
  }
  copyRows(database, "SELECT * FROM _mf_objects WHERE blob_id = ?", blob_id, "_mf_objects", copies);
  database.close();
}

function copyRows(database, query, parameter, table, copies) {
  const [row] = database.prepare(query).all(parameter);
  const columns = Object.keys(row);
  const insert = database.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`);
  database.exec("BEGIN");
  for (const others of copies) insert.run(...columns.map((column) => textOf(row[column], others)));
  database.exec("COMMIT");
}

const databases = (folder) => readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name)).map((name) => join(folder, name));

function databaseIn(folder) {
  const found = databases(folder);
  if (found.length !== 1) throw new Error(`${found.length} databases are in ${folder}`);
  return found[0];
}

/** What waits in the write-ahead logs goes into the databases. */
function checkpoint(DatabaseSync, folder) {
  for (const part of ["do/dynamic-loader-Script", "do/dynamic-loader-Namespace", "r2/miniflare-R2BucketObject"]) {
    for (const file of databases(join(folder, part))) {
      const database = new DatabaseSync(file);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    }
  }
}

function alarms(DatabaseSync, folder) {
  const database = new DatabaseSync(join(folder, "metadata.sqlite"), { readOnly: true });
  const { n } = database.prepare("SELECT COUNT(*) AS n FROM _cf_ALARM").get();
  database.close();
  return n;
}

async function until(isSo, what) {
  for (const end = Date.now() + SETTLED_MS; !isSo(); await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (Date.now() > end) throw new Error(`${what} did not come`);
  }
}

/** Whether copies are what uploads are: as the API tells them, as they answer, and as they take the next upload. */
export async function check(host, count) {
  const normal = (value, i) => {
    const ids = new Map();
    const text = JSON.stringify(value).replaceAll(nameOf(i), "NAME").replaceAll(tagOf(i), "TAG");
    return text
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => ids.get(id) ?? (ids.set(id, `id ${ids.size}`), ids.get(id)))
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME");
  };
  const told = async (i) => {
    const at = `/${NAMESPACE}/scripts/${nameOf(i)}`;
    const parts = await Promise.all(["", "/settings", "/versions", "/deployments", "/stores"].map((part) => host.call("GET", `${at}${part}`)));
    return normal(parts, i);
  };
  const sample = [...new Set([1, Math.floor(count / 2), count - 1])].filter((i) => i > 0 && i < count);
  const first = await told(0);
  for (const i of sample) {
    const copy = await told(i);
    if (copy !== first) throw new Error(`${nameOf(i)} is not as ${nameOf(0)} is:\n${copy}\n${first}`);
    const answer = await host.ask(nameOf(i));
    if (answer !== "hello") throw new Error(`${nameOf(i)} answers ${answer}`);
  }
  const last = sample.at(-1) ?? 0;
  await host.deploy(nameOf(last), [tagOf(last)]);
  const { items } = await host.call("GET", `/${NAMESPACE}/scripts/${nameOf(last)}/versions`);
  if (items.length !== 2) throw new Error(`${items.length} versions after the second upload`);
  const { script_count } = await host.call("GET", `/${NAMESPACE}/quota`);
  if (script_count !== count) throw new Error(`the index has ${script_count} scripts, not ${count}`);
}
