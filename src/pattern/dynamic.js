// A fresh isolate serves one request, so this never gets past 1.
let counter = 0;

export default {
	fetch(request, env) {
		const entered = Date.now();
		counter += 1;
		const body = { id: env.ID, createdAt: env.CREATED_AT, counter, loadTime: `${entered - Date.parse(env.CREATED_AT)}ms` };
		return Response.json(body, { headers: { "cache-control": "no-store", "x-worker-entered": `${entered}` } });
	},
};
