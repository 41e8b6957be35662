// What the rules of _redirects say of a request. Those without a pattern stand in `exact`, under the path that they are
// for, as `[status, to]`; the others in `rules`, as `[pattern, status, to]`.
import { fill, matches } from "./pattern.js";

function find({ exact, rules }, url) {
	if (Object.hasOwn(exact, url.pathname)) return exact[url.pathname];
	for (const [[, status, to], names] of matches(rules, url)) {
		const target = fill(to, names).trim();
		// What a name stands for may begin with a slash, and two of them would name another host.
		return [status, /^\w+:\/\//.test(target) ? target : target.replace(/\/+/g, "/")];
	}
	return null;
}

/** `{ path }` to look there instead, `{ status, location }`, or null. */
export function redirect(redirects, url) {
	const [status, target] = find(redirects, url) ?? [];
	// A name can stand for what makes no URL.
	const to = target === undefined ? null : URL.parse(target, url);
	if (!to) return null;
	if (status === 200) return { path: to.pathname };
	// A path that begins with two slashes would name another host, where the rule named this one.
	const place = to.origin === url.origin ? to.pathname.replace(/^\/{2,}/, "/") : to.href.slice(0, to.href.length - to.search.length - to.hash.length);
	// The query goes along, unless the rule has its own.
	return { status, location: place + (to.search || url.search) + to.hash };
}
