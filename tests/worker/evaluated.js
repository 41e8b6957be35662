// In front of the Worker: calls a flag by RPC, as a script with a service binding does.
import worker from "./entry.js";
export * from "./entry.js";

export default {
  ...worker,
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/evaluate") return worker.fetch(request, env, ctx);
    const { attributes, ...code } = await request.json();
    return Response.json(await env.LOADER.load({ compatibilityDate: "2026-07-01", globalOutbound: null, ...code }).getEntrypoint().evaluate(attributes));
  },
};
