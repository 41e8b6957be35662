// The page's files, as the assets have them, and under which terms a browser may use them.

export async function page(request, assets, policy) {
	const answer = await assets.fetch(request);
	const response = new Response(answer.body, answer);
	const { headers } = response;
	headers.set("content-security-policy", policy);
	headers.set("x-content-type-options", "nosniff");
	headers.set("referrer-policy", "no-referrer");
	headers.set("cache-control", "no-cache");
	headers.set("vary", "accept");
	return response;
}
