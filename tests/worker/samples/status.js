// Answers with the status and the reason that the query names; without a body where HTTP allows none.
export default {
	fetch(request) {
		const { searchParams } = new URL(request.url);
		const status = Number(searchParams.get("status"));
		const body = [204, 205, 304].includes(status) ? null : `status ${status}`;
		const headers = status === 206 ? { "content-range": "bytes 0-9/100" } : { etag: '"a"' };
		return new Response(body, { status, statusText: searchParams.get("reason") ?? "", headers });
	},
};
