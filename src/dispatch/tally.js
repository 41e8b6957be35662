// How a version does under a deployment, for the automatic rollback. Rust makes a tally for each version of a deployment,
// and takes what is in it when it asks for what is live.

// So many clients are told apart; of more, those that came first are forgotten.
const MOST = 1000;

// Counts a request. Where the tally has `each`, one client has only so many within `windowMs`: a deployment does not go
// back because one visitor asks, over and over, for what fails.
export function count(tally, failed, { headers }) {
	if (tally.each !== undefined && isOver(tally, networkOf(headers.get("cf-connecting-ip")))) return;
	tally.requests += 1;
	if (failed) tally.failures += 1;
}

function isOver(tally, network) {
	if (network === undefined) return false;
	const clients = (tally.clients ??= new Map());
	const now = Date.now();
	let client = clients.get(network);
	if (client === undefined || now - client.since >= tally.windowMs) {
		client = { since: now, requests: 0 };
		clients.delete(network);
		clients.set(network, client);
		if (clients.size > MOST) clients.delete(clients.keys().next().value);
	}
	client.requests += 1;
	return client.requests > tally.each;
}

// What a client has for itself: an IPv4 address, the first half of an IPv6 one. This machine is no client from outside.
function networkOf(address) {
	if (address === null || address.startsWith("127.") || address === "::1") return undefined;
	if (!address.includes(":")) return address;
	const [head, tail] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
	const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
	return [...head, ...Array(Math.max(0, zeros)).fill("0"), ...(tail ?? [])].slice(0, 4).join(":");
}
