// What a queue may be set to.
export const MOST_DELAY_S = 86_400;

/** What a consumer may be set to, `[least, most, without it]`. */
const SETTINGS = {
	batch_size: [1, 100, 10],
	max_wait_time_ms: [0, 60_000, 5000],
	max_retries: [0, 100, 3],
	retry_delay: [0, MOST_DELAY_S, 0],
	max_concurrency: [1, 10, 1],
};
const RETENTION_S = [60, 1_209_600, 345_600];

/** Whether a queue can be called so. */
export const isName = (name) => typeof name === "string" && /^[A-Za-z0-9._-]{1,100}$/.test(name);

/** The settings that a body asks for, all of them, and in words what is wrong with it: `{ settings, errors }`. */
export function settingsOf(body) {
	const { consumer, message_retention_period, ...others } = Object(body);
	const errors = typeof body === "object" && !Array.isArray(body) ? [] : ["The settings have to be a JSON object."];
	const within = (what, value, [least, most, fallback]) => {
		if (value === undefined || value === null) return fallback;
		if (Number.isInteger(value) && value >= least && value <= most) return value;
		errors.push(`${what} has to be a whole number from ${least} to ${most}.`);
		return fallback;
	};
	const settings = { consumer: null, message_retention_period: within("message_retention_period", message_retention_period, RETENTION_S) };
	if (consumer !== undefined && consumer !== null) {
		const { script_name, dead_letter_queue = null, ...numbers } = Object(consumer);
		settings.consumer = { script_name, dead_letter_queue };
		if (typeof script_name !== "string") errors.push("consumer.script_name is missing: the name of a script of this namespace.");
		if (dead_letter_queue !== null && !isName(dead_letter_queue)) errors.push("consumer.dead_letter_queue has to be the name of a queue.");
		for (const [name, range] of Object.entries(SETTINGS)) settings.consumer[name] = within(`consumer.${name}`, numbers[name], range);
		for (const name of Object.keys(numbers)) if (!(name in SETTINGS)) errors.push(`consumer has no field ${JSON.stringify(name)}: there are script_name, dead_letter_queue, ${Object.keys(SETTINGS).join(", ")}.`);
	}
	for (const name of Object.keys(others)) errors.push(`A queue has no field ${JSON.stringify(name)}: there are consumer and message_retention_period.`);
	return { settings, errors };
}
