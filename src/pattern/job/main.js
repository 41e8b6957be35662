// What a job's code runs in: the main module of the worker that each of its items gets.
import { WorkerEntrypoint } from "cloudflare:workers";
import * as code from "./job.js";

const { map, reduce } = code.default ?? code;

export default class extends WorkerEntrypoint {
	map(input, index) {
		if (typeof map !== "function") throw new TypeError("The code of a job exports a function map(input, index).");
		return map(input, index);
	}
	reduce(values) {
		if (typeof reduce !== "function") throw new TypeError("The code of a job that is reduced exports a function reduce(values).");
		return reduce(values);
	}
}
