import { WorkerEntrypoint } from "cloudflare:workers";

// A class, so that its methods take any number of arguments.
export class Plugin extends WorkerEntrypoint {
	judge({ text }) {
		const word = this.env.WORD;
		return { word, found: text.toLowerCase().split(word).length - 1 };
	}
}
