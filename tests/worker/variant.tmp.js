import worker, { ConfigStore, Limiter } from "./entry.js";
export { ConfigStore, Limiter };
export default { fetch(request, env, ctx) {
 if (new URL(request.url).pathname==="/gc") { if (globalThis.gc) { gc(); return new Response("gc"); } for (let k=0;k<300;k++){ const a=[]; for (let i=0;i<100000;i++) a.push({i, s:"x"+i}); } return new Response("alloc"); }
 return worker.fetch(request, env, ctx); } };
