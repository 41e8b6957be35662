// In front of the Worker: tells at /built-in what is built in here, so that a test sees whether a script has changed it.
import worker from "./entry.js";
export * from "./entry.js";

const chain = (of) => (of === null ? [] : [Reflect.ownKeys(of).map(String), ...chain(Object.getPrototypeOf(of))]);

export default {
  ...worker,
  async fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/built-in") return worker.fetch(request, env, ctx);
    const stub = env.OBJECTS.getByName("nobody's");
    return Response.json([Object.prototype, Function.prototype, Promise.prototype, Object.getPrototypeOf(stub), Object.getPrototypeOf(request)].map(chain));
  },
};
