// Asking a Durable Object of ours, and what comes of a call: `{ status, result }`, or `{ status, problems }` with a list
// of `{ code, message }`; both as JSON text.

/** Ends a call with a refusal, for all of these reasons. */
export class Refused extends Error {
	constructor(status, problems) {
		super(problems[0].message);
		this.outcome = { status, problems: JSON.stringify(problems) };
	}
}

const INVALID = 10004;

/** What the client sent is not what it should be. */
export const invalid = (...messages) => new Refused(400, messages.map((message) => ({ code: INVALID, message })));
export const tooLarge = (message) => new Refused(413, [{ code: INVALID, message }]);

/** The result of an operation. */
export async function ask(objects, name, operation) {
	const response = await objects.getByName(name).fetch("https://object/", { method: "POST", body: JSON.stringify(operation) });
	const answer = response.status < 500 ? await response.json() : null;
	if (response.ok) return answer;
	if (!answer?.errors?.length) throw new Error(`the object of ${name} answered ${response.status}`);
	throw new Refused(response.status, answer.errors);
}

/** A call, with a refusal as its outcome. What else it throws is a failure of ours. */
export async function outcome(call) {
	try {
		const { status, result } = await call();
		return { status, result: JSON.stringify(result) };
	} catch (error) {
		if (error instanceof Refused) return error.outcome;
		throw error;
	}
}
