import { WorkerEntrypoint } from "cloudflare:workers";

export class Calculator extends WorkerEntrypoint {
	add(a, b) {
		return a + b;
	}

	sum(list) {
		return list.reduce((a, b) => a + b, 0);
	}

	say() {
		return "done";
	}
}
