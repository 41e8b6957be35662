// Headers that are easily lost or joined: several cookies, repeated names, odd values.
export default {
	fetch() {
		const headers = new Headers({ "content-type": "text/plain;charset=utf-8", "cache-control": "private, max-age=60" });
		headers.append("set-cookie", "a=1; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
		headers.append("set-cookie", "b=2; HttpOnly");
		headers.append("vary", "accept");
		headers.append("vary", "origin");
		headers.append("link", "</a>; rel=preload");
		headers.append("link", "</b>; rel=preload");
		headers.set("x-empty", "");
		headers.set("x-latin", "na\u00efve");
		headers.set("access-control-allow-origin", "*");
		headers.set("strict-transport-security", "max-age=1");
		return new Response("headers", { headers });
	},
};
