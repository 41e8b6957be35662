// Redirects, which are the client's to follow and not the host's.
export default {
	fetch(request) {
		const { searchParams } = new URL(request.url);
		const status = Number(searchParams.get("status"));
		if (searchParams.has("relative")) return new Response(null, { status, headers: { location: "../elsewhere?a=b#c" } });
		return Response.redirect("https://elsewhere.example/a?b=c", status);
	},
};
