// The numbers come with each call, as props: they are no part of what is cached.
export default {
	fetch(request, env, ctx) {
		const entered = Date.now();
		const { activeConnections, loadedWorkers, medianMs, healthy } = ctx.props;
		const body = {
			timestamp: new Date(entered).toISOString(),
			activeConnections,
			loadedWorkers,
			responseTime: `${Math.round(medianMs)}ms`,
			healthScore: (healthy / 1000).toFixed(3),
		};
		return Response.json(body, { headers: { "cache-control": "no-store", "x-worker-entered": `${entered}` } });
	},
};
