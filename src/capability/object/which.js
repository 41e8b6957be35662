// Which object a request is for: in a header, as a request has nothing else that is ours.
export const WHICH = "x-dynamic-loader-object";

export const about = (object) => encodeURIComponent(JSON.stringify(object));

/** What `about` said, and the request without it. */
export function split(request) {
	const object = JSON.parse(decodeURIComponent(request.headers.get(WHICH)));
	const bare = new Request(request);
	bare.headers.delete(WHICH);
	bare.headers.delete("x-dynamic-loader-op");
	return [object, bare];
}
