// What is told of a request whose script threw: in production an id alone, by which its owner finds the rest; in development all
// there is.

import { arrival, expect } from "../telemetry/arrivals.js";
import { REQUEST_ID } from "../telemetry/event.js";

const GENERAL = "The dynamic worker threw an error.";
// Whose message is the script's own word.
const CODES = ["dynamic_worker_threw", "dynamic_worker_failed"];
// So long the runtime may take to tell of a call that is over.
const PATIENCE_MS = 1000;

/** A call has failed, of which all may be told. */
export function failing({ note, request }, env) {
	const id = isOn(env.ERROR_DETAIL) && request.headers.get(REQUEST_ID);
	if (id) expect(id, note.version);
}

/** The answer that tells the error, with the request's id; where the operator's setting ERROR_DETAIL is on, with where it was thrown. */
export async function detailed(response, { note, request }, env) {
	const id = request.headers.get(REQUEST_ID);
	if (id === null) return response;
	if (response.status !== 502) return named(response, id);
	const body = await response.json();
	if (!CODES.includes(body.error?.code)) return named(Response.json(body, response), id);
	const { error } = body;
	error.request_id = id;
	if (!isOn(env.ERROR_DETAIL)) {
		error.message = `${GENERAL} Its owner finds it under the id ${id}.`;
		return named(Response.json(body, response), id);
	}
	const { event } = await arrival(id, note.version, PATIENCE_MS);
	error.tail = event === undefined ? "late" : "arrived";
	const [fault] = event?.faults ?? [];
	// With what is secret masked.
	error.message = fault === undefined ? GENERAL : `The dynamic worker threw ${fault.name}: ${fault.message}`;
	if (event !== undefined) Object.assign(error, { version: note.version, faults: event.faults, logs: event.logs });
	return named(Response.json(body, response), id);
}

const isOn = (setting) => setting === true || setting === "true" || setting === "1" || setting === 1;

function named(response, id) {
	response.headers.set(REQUEST_ID, id);
	response.headers.delete("content-length");
	return response;
}
