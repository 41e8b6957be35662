// From a place in a module to the place in the author's own file, where a source map came along.

// Two characters of a map's `mappings` can come to sixty bytes when they are read, and an isolate has 128 MB for everything. A bundle
// of some megabytes has fewer.
const MOST_MAPPINGS = 4 * 1024 * 1024;
const MOST_NAME = 1024;
const decode = (bytes) => new TextDecoder().decode(bytes);

/**
 * `{ file, line, column, text }`, text being the file's, if the map has it; undefined where there is no map, or a bad one. `read` keeps
 * the maps of further places of the same modules.
 */
export async function original({ modules, maps }, { file, line, column }, read = new Map()) {
	// Hardly ever needed, so it is not run when the Worker starts.
	const { TraceMap, originalPositionFor, sourceContentFor } = await import("@jridgewell/trace-mapping");
	try {
		if (!read.has(file)) {
			// One that is bad is looked at once.
			read.set(file, undefined);
			const module = modules.find(({ name }) => name === file);
			const found = module && mapOf(module, maps);
			const map = found && JSON.parse(found.json);
			// As if the modules lay in the root: what the map says of the author's own folders comes down to what is below them.
			if (typeof map?.mappings === "string" && map.mappings.length <= MOST_MAPPINGS) read.set(file, new TraceMap(map, `/${found.name}`));
		}
		const map = read.get(file);
		if (!map) return undefined;
		const place = originalPositionFor(map, { line, column: column - 1 });
		// It is told and stored as it is.
		if (place.source === null || place.source.length > MOST_NAME) return undefined;
		const text = sourceContentFor(map, place.source);
		return { file: place.source.replace(/^\//, ""), line: place.line, column: place.column + 1, text: typeof text === "string" ? text : undefined };
	} catch {
		return undefined;
	}
}

function mapOf({ name, bytes }, maps) {
	const comment = /\n\/\/[#@] ?sourceMappingURL=(\S+)\s*$/.exec(decode(bytes.subarray(-MOST_INLINE)));
	const url = comment?.[1] ?? `${name.split("/").at(-1)}.map`;
	const inline = /^data:application\/json[^,]*;base64,(.*)$/.exec(url);
	if (inline) return { name, json: atobOf(inline[1]) };
	const path = URL.parse(url, `https://modules/${name}`)?.pathname.slice(1);
	const map = maps.find(({ name }) => name === path || encodeURI(name) === path);
	return map && { name: map.name, json: decode(map.bytes) };
}

// A map within the module stands at its end.
const MOST_INLINE = 16 * 1024 * 1024;

function atobOf(base64) {
	try {
		return decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
	} catch {
		return "";
	}
}
