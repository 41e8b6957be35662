import legacy from "./legacy.cjs";
import page from "./page.html";
import seed from "./seed.bin";
import limits from "./limits.json";
import add from "./add.wasm";
import compiled from "./compiled.wasm";

// What each kind of module imports as.
export default {
	fetch: () =>
		Response.json({
			cjs: legacy.answer,
			text: page,
			data: [...new Uint8Array(seed)],
			json: limits.uploads,
			wasm: add instanceof WebAssembly.Module,
			compiled: compiled instanceof WebAssembly.Module,
		}),
};
