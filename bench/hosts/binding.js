// A host that does not load anything: its worker is there when it is deployed.
export default {
  fetch: (request, env) => env.INNER.fetch(request),
};
