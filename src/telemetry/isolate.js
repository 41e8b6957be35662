// This isolate, as telemetry tells it from others: a name, and a number that rises with each load.

let id;
let sequence = 0;

/** Its name. Made with its first request: before that there is no chance to be had. */
export const isolate = () => (id ??= crypto.randomUUID());

export const next = () => (sequence += 1);
