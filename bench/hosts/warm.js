import { CODE } from "./code.js";

// The reference: what somebody writes who has no SDK and no routes.
export default {
  fetch: (request, env) => env.LOADER.get("k", () => CODE).getEntrypoint().fetch(request),
};
