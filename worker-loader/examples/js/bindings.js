export default {
	async fetch(request, { PLAN, STORE, BILLING }) {
		await STORE.put("plan", PLAN.name);
		const invoice = await BILLING.fetch("https://billing/invoice");
		return Response.json({ plan: await STORE.get("plan"), invoice: await invoice.text() });
	},
};
