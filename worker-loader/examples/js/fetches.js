// Fetches what ?url= names.
export default {
	fetch(request) {
		const url = new URL(request.url).searchParams.get("url") ?? "https://example.com/";
		console.log("fetching", url);
		return fetch(url);
	},
};
