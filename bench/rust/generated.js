// worker-build's own entry, serving another of the exports: what it would have generated, had that been called fetch.
import generated from "./build/index.js";

export function serving(name) {
	const serve = generated.prototype[name];
	generated.prototype.fetch = function fetch(request) {
		return serve.call(this, request, this.env, this.ctx);
	};
	return generated;
}
