// The tokens of upload sessions: JSON Web Tokens (RFC 7519), signed by a key of this host. wrangler reads their `exp`.

const encoder = new TextEncoder();
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const encoded = (claims) => base64url(encoder.encode(JSON.stringify(claims)));
const decoded = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

const imported = (key) => crypto.subtle.importKey("raw", encoder.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);

/** When a token that is made now expires, in milliseconds. */
export const lifetime = () => Date.now() + 3_600_000;

/** A token that holds the claims until `expires`, in milliseconds. */
export async function sign(key, claims, expires) {
	const text = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded({ ...claims, exp: Math.floor(expires / 1000) })}`;
	return `${text}.${base64url(new Uint8Array(await crypto.subtle.sign("HMAC", await imported(key), encoder.encode(text))))}`;
}

/** The claims of a token of ours that has not expired, or null. */
export async function verify(key, token, now) {
	try {
		const [, text, claims, signature] = /^([\w-]+\.([\w-]+))\.([\w-]+)$/.exec(token);
		if (!(await crypto.subtle.verify("HMAC", await imported(key), decoded(signature), encoder.encode(text)))) return null;
		const said = JSON.parse(new TextDecoder().decode(decoded(claims)));
		return said.exp * 1000 > now ? said : null;
	} catch {
		return null;
	}
}
