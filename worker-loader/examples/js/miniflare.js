// The test that the guide shows, for the Worker of hello.rs: node --test miniflare.js
import assert from "node:assert/strict";
import test from "node:test";
import { Miniflare } from "miniflare";

test("the worker answers", async () => {
	const root = import.meta.dirname;
	const worker = new Miniflare({
		rootPath: root,
		modulesRoot: root,
		modules: true,
		scriptPath: `${root}/build/index.js`,
		modulesRules: [
			{ type: "ESModule", include: ["**/*.js"] },
			{ type: "CompiledWasm", include: ["**/*.wasm"] },
		],
		compatibilityDate: "2026-07-01",
		workerLoaders: { LOADER: {} },
		outboundService: (request) => new Response(`the Internet, at ${request.url}`),
	});
	try {
		const response = await worker.dispatchFetch("http://localhost/");
		assert.equal(await response.text(), "Hello, Ada!");
	} finally {
		await worker.dispose();
	}
});
