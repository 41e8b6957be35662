// How a tunnel does in this isolate: the numbers come with each call, as props, and are no part of what is cached.
export default {
	fetch(request, env, ctx) {
		const { tunnel, activeConnections, requests, failures, medianMs } = ctx.props;
		const body = {
			tunnel,
			timestamp: new Date().toISOString(),
			activeConnections,
			requests,
			failures,
			responseTime: `${medianMs}ms`,
			healthScore: (requests === 0 ? 1 : 1 - failures / requests).toFixed(3),
		};
		return Response.json(body, { headers: { "cache-control": "no-store" } });
	},
};
