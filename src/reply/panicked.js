// What is answered to a request that a panic took down. The text is here, as nothing can be asked of Rust then.
const MESSAGE = "The Worker failed while it served this request.";
const CONTROL = /^\/client\/v4(\/|$)/;

const made = new WeakSet();

export function panicked() {
	const response = answer({ error: { code: "worker_panicked", message: MESSAGE } });
	made.add(response);
	return response;
}

// The answer as it is, but for that of a panic to a call of the control API: its clients read Cloudflare's envelope only.
export function inShape(response, url) {
	if (!made.has(response) || !CONTROL.test(new URL(url).pathname)) return response;
	return answer({ success: false, errors: [{ code: 10002, message: MESSAGE }], messages: [], result: null });
}

function answer(body) {
	return Response.json(body, { status: 500, headers: { "cache-control": "no-store" } });
}
