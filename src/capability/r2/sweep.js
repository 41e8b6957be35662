// Deletes what a script that is gone had in an R2 bucket: an object that is asked to, and goes on until it is done.
import { DurableObject } from "cloudflare:workers";

const HOUR_MS = 3_600_000;

export class BucketSweep extends DurableObject {
	/** As of kv/store.js. */
	async fetch(request) {
		const { op } = await request.json();
		if (op !== "wipe") return new Response(null, { status: 404 });
		await this.ctx.storage.put("last", Date.now() + Number(this.env.R2_SWEEP_MS ?? HOUR_MS));
		await this.ctx.storage.setAlarm(Date.now());
		return Response.json(null);
	}

	async alarm() {
		const last = await this.ctx.storage.get("last");
		// An alarm that throws comes again.
		for (let page; page === undefined || page.truncated; ) {
			page = await this.env.BUNDLES.list({ prefix: `${this.ctx.id.name}/` });
			if (page.objects.length > 0) await this.env.BUNDLES.delete(page.objects.map(({ key }) => key));
		}
		// A worker of the script may have been at work yet: what it wrote after that goes with the second round.
		if (Date.now() >= last) return this.ctx.storage.deleteAll();
		await this.ctx.storage.setAlarm(last);
	}
}
