// Bindings of the host's own that its operator shares with scripts, by the variable SHARED: a script names one by an id that begins with
// `host.`, and gets what is there, below a prefix, to read or to write.
import { statements, tokens } from "./object/tables.js";

const PREFIX = "host.";
const MOST_VALUE = 25 * 1024 * 1024;
const MOST_AT_ONCE = 100;

/** The host's binding that an entrypoint's props name, `{ binding, prefix, writes }`; nothing, where they name a store of the script's own. */
export function sharedOf({ ctx, env }, type) {
	const { id, namespace } = ctx.props;
	if (!id?.startsWith(PREFIX)) return undefined;
	const all = typeof env.SHARED === "string" ? JSON.parse(env.SHARED) : (env.SHARED ?? []);
	const isFor = (one) => one.type === type && one.id === id.slice(PREFIX.length) && (one.namespaces === "*" || one.namespaces?.includes(namespace));
	const shared = all.find(isFor);
	if (shared === undefined) throw new Error(`This host shares no ${type} ${JSON.stringify(id)} with the namespace ${namespace}.`);
	const binding = env[shared.binding];
	if (binding === undefined) throw new Error(`This host has no binding ${JSON.stringify(shared.binding)}, which is in its variable SHARED.`);
	return { binding, prefix: shared.prefix ?? "", writes: shared.access === "write" };
}

/** A KV namespace of the host's with the methods of kv/store.js. */
export const kvOf = ({ binding, prefix, writes }) => ({
	// One after the other, so that what is too much together is not in memory.
	async read(keys) {
		if (!Array.isArray(keys) || keys.length > MOST_AT_ONCE) throw new TypeError(`Up to ${MOST_AT_ONCE} keys are read at once.`);
		const read = [];
		let size = 0;
		for (const key of keys) {
			const { value, metadata } = await binding.getWithMetadata(prefix + key, "arrayBuffer");
			size += value?.byteLength ?? 0;
			if (size > MOST_VALUE) throw new Error(`KV GET_BULK failed: 413 Total size of request exceeds the limit of ${MOST_VALUE / 1024 / 1024}MB`);
			read.push(value === null ? null : [new Uint8Array(value), metadata === null ? null : JSON.stringify(metadata)]);
		}
		return read;
	},
	async write(key, value, metadata, expires) {
		if (!writes) throw new Error("KV PUT failed: 403 This namespace is shared to be read only.");
		await binding.put(prefix + key, value, { ...(metadata !== null && { metadata: JSON.parse(metadata) }), ...(expires !== null && { expiration: expires }) });
	},
	async remove(key) {
		if (!writes) throw new Error("KV DELETE failed: 403 This namespace is shared to be read only.");
		await binding.delete(prefix + key);
	},
	async list(start, limit, cursor) {
		const { keys, ...listed } = await binding.list({ prefix: prefix + start, limit, ...(cursor !== "" && { cursor }) });
		return { keys: keys.map(({ name, expiration, metadata }) => [name.slice(prefix.length), expiration ?? null, metadata === undefined ? null : JSON.stringify(metadata)]), next: listed.cursor ?? null };
	},
});

// Each statement that changes something has one of these words, outside of what is quoted.
const CHANGES = /^(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|PRAGMA|ATTACH|DETACH|VACUUM|REINDEX|ANALYZE)$/i;
// With a bracket after it, it is a function's name.
const TOKEN = tokens(/[A-Za-z_][A-Za-z0-9_$]*(?:\s*\()?/);
const isChange = (sql) => [...statements(sql)].some((statement) => statement.match(TOKEN)?.some((word) => CHANGES.test(word)));

/** A D1 database of the host's with the method of d1/database.js. */
export const databaseOf = ({ binding, writes }) => ({
	async run(all) {
		if (!Array.isArray(all)) return { error: "Those are no statements." };
		if (!writes && all.some(({ sql }) => isChange(`${sql}`))) return { error: "This database is shared to be read only." };
		try {
			const told = await binding.batch(all.map(({ sql, params }) => binding.prepare(sql).bind(...params.map(plain))));
			return { results: told.map(({ results, meta }) => ({ columns: Object.keys(results[0] ?? {}), rows: results.map(Object.values), meta })), bookmark: "" };
		} catch (error) {
			return { error: error.message.replace(/^D1_ERROR: /, "") };
		}
	},
});

// As D1 takes it.
const plain = (value) => (value instanceof Uint8Array ? value.slice().buffer : value);
