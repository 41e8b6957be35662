// A main module in front of the Worker's own, in which nothing goes out: what would is told.
export * from "./entry.js";
export { default } from "./entry.js";

globalThis.fetch = async (request) => {
	const { url, method, redirect, cf } = request;
	return Response.json({ url, method, redirect, cf: cf ?? null });
};
