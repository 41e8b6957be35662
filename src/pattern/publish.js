// Calls of the control API that a pattern makes in the name of its caller.

// `body` is JSON text, or undefined.
export function call(method, url, body) {
	return new Request(url, { method, body, headers: body === undefined ? {} : { "content-type": "application/json" } });
}

// An upload, as wrangler would send it. `modules` are names and sources by turns.
export function upload(method, url, metadata, modules) {
	const body = new FormData();
	body.set("metadata", metadata);
	for (let at = 0; at < modules.length; at += 2) {
		const name = modules[at];
		body.set(name, new File([modules[at + 1]], name, { type: "application/javascript+module" }));
	}
	return new Request(url, { method, body });
}
