import { CODE } from "./code.js";

// The reference of the cold path: /cold/<key> gets a worker by that key, /load loads one without a key.
export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    const stub = pathname === "/load"
      ? env.LOADER.load(CODE)
      : env.LOADER.get(pathname.startsWith("/cold/") ? pathname.slice(6) : "k", () => CODE);
    return stub.getEntrypoint().fetch(request);
  },
};
