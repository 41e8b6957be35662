import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
	async work() {
		await this.env.API.enter();
		await scheduler.wait(30);
		await this.env.API.leave();
		return this.env.NUMBER;
	}
}
