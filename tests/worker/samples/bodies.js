// Every kind of body, each with the content type and the length that the runtime gives it.
const made = {
	none: () => new Response(null),
	empty: () => new Response(""),
	text: () => new Response("täxt"),
	json: () => Response.json({ a: [1, null, "ä"] }),
	bytes: () => new Response(Uint8Array.from({ length: 512 }, (_, i) => i % 256)),
	large: () => new Response(new Uint8Array(3_000_000).fill(7)),
	blob: () => new Response(new Blob(["blob"], { type: "text/x-blob" })),
	form: () => new Response(new URLSearchParams({ a: "1", b: "ä" })),
	length() {
		const { readable, writable } = new FixedLengthStream(11);
		const writer = writable.getWriter();
		writer.write(new TextEncoder().encode("hello ")).then(() => writer.write(new TextEncoder().encode("world"))).then(() => writer.close());
		return new Response(readable);
	},
	stream: () => new Response(new ReadableStream({
		async start(controller) {
			for (const part of ["one ", "two ", "three"]) {
				controller.enqueue(new TextEncoder().encode(part));
				await scheduler.wait(20);
			}
			controller.close();
		},
	}), { headers: { "content-type": "text/event-stream" } }),
};

export default {
	fetch: (request) => made[new URL(request.url).searchParams.get("body")](),
};
