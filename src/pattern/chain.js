// A chain of plugins around a script: each is a worker of its own, called by a service binding where it has a hook for it.
//
// A plugin is a class with `request(request, context)`, which gives a Request to go on with, a Response to answer with, or nothing;
// and `response(response, request, context)`, which gives a Response, or nothing. It is shown bodies where it asks for them.
export default {
	async fetch(given, env) {
		const { plugins = [], target } = env.CHAIN;
		const active = plugins.filter(({ enabled = true }) => enabled);
		const spans = [];
		const passed = [];
		let request = given;
		let response;
		for (const plugin of active) {
			passed.push(plugin);
			if (!hooks(plugin).includes("request")) continue;
			const told = await run(plugin, env, spans, (stub, context) => stub.request(shown(request, plugin), context));
			if (told.failed) return told.failed;
			if (told.value instanceof Response) {
				response = told.value;
				break;
			}
			if (told.value instanceof Request) request = onward(told.value, request);
		}
		response ??= target === undefined ? missing(given) : await env.TARGET.fetch(request);
		for (const plugin of passed.reverse()) {
			if (!hooks(plugin).includes("response") || response.webSocket) continue;
			const of = new Request(request.url, { method: request.method, headers: request.headers });
			const told = await run(plugin, env, spans, (stub, context) => stub.response(shownBack(response, plugin), of, context));
			if (told.failed) return told.failed;
			if (told.value instanceof Response) response = plugin.body ? told.value : withBody(told.value, response);
		}
		if (response.webSocket) return response;
		const answer = new Response(response.body, response);
		if (spans.length > 0) answer.headers.append("server-timing", spans.join(", "));
		return answer;
	},
};

const hooks = ({ hooks = ["request", "response"] }) => hooks;

// What a hook gives; or the answer to give where it fails and may not.
async function run(plugin, env, spans, call) {
	const { name, config = {}, deadline_ms: deadlineMs = 1000, on_failure: onFailure = "closed" } = plugin;
	const began = Date.now();
	let timer;
	const late = Symbol("late");
	try {
		const answer = call(env[`plugin:${name}`], { config, plugin: name, chain: env.NAME });
		const value = await Promise.race([answer, new Promise((resolve) => (timer = setTimeout(resolve, deadlineMs, late)))]);
		if (value === late) {
			answer.catch?.(() => {});
			throw Object.assign(new Error(`it took longer than ${deadlineMs} ms`), { late: true });
		}
		return { value };
	} catch (error) {
		console.warn(`The plugin ${name} failed, ${onFailure}: ${error.message}`);
		if (onFailure === "open") return {};
		const [status, code] = error.late === true ? [504, "plugin_timeout"] : [502, "plugin_failed"];
		return { failed: Response.json({ error: { code, message: `The plugin ${name} failed: ${error.message}.` } }, { status }) };
	} finally {
		clearTimeout(timer);
		spans.push(`plugin-${name};dur=${Date.now() - began}`);
	}
}

// The bodies stay here, unless the plugin asks for them: then it has a copy.
const shown = (request, { body }) => (body ? request.clone() : new Request(request.url, { method: request.method, headers: request.headers }));
const shownBack = (response, { body }) => (body ? response.clone() : new Response(null, response));

function onward(told, before) {
	const { url, method, headers } = told;
	const body = method === "GET" || method === "HEAD" ? undefined : (told.body ?? before.body);
	return new Request(url, { method, headers, body, redirect: "manual" });
}

function withBody(told, before) {
	const isEmpty = [101, 204, 205, 304].includes(told.status);
	return new Response(told.body ?? (isEmpty ? null : before.body), told);
}

function missing({ url }) {
	return Response.json({ error: { code: "not_found", message: `No plugin answered ${new URL(url).pathname}, and the chain has no target.` } }, { status: 404 });
}
