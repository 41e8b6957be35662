// A main module in front of the Worker's own, whose clock steps: POST /clock sets by how many milliseconds it is off, and tells how many
// alarms were set so far. Alarms go off when the runtime's own clock says so, as it is the same clock where nobody plays with it.
import worker, { Directory as RealDirectory } from "./entry.js";

export * from "./entry.js";

const RealDate = Date;
let offMs = 0;
globalThis.Date = class extends RealDate {
	constructor(...given) {
		super(...(given.length === 0 ? [RealDate.now() + offMs] : given));
	}
	static now() {
		return RealDate.now() + offMs;
	}
};

let alarms = 0;
let patched = false;
// All objects' storage is of one class, and this object is the first that there is.
function patch(storage) {
	if (patched) return;
	patched = true;
	const { setAlarm } = storage;
	storage.setAlarm = function (at, ...more) {
		alarms += 1;
		return Reflect.apply(setAlarm, this, [Number(at) - offMs, ...more]);
	};
}

export class Directory extends RealDirectory {
	constructor(ctx, env) {
		patch(Object.getPrototypeOf(ctx.storage));
		super(ctx, env);
	}
}

export default {
	async fetch(request, env, ctx) {
		if (new URL(request.url).pathname !== "/clock") return worker.fetch(request, env, ctx);
		offMs = Number(await request.text());
		return new Response(String(alarms));
	},
};
