// Bodies that are compressed already, and bodies that the runtime is to compress.
const TEXT = "the same text again and again; ".repeat(100);

export default {
	fetch(request) {
		const { searchParams } = new URL(request.url);
		const encoding = searchParams.get("encoding");
		const headers = { "content-encoding": encoding, "content-type": "text/plain" };
		if (searchParams.has("ready")) {
			const body = new Blob([TEXT]).stream().pipeThrough(new CompressionStream(encoding));
			return new Response(body, { headers, encodeBody: "manual" });
		}
		return new Response(TEXT, { headers });
	},
};
