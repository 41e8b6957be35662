// The dynamic worker of every host, and the worker that is served directly.
export default {
  fetch() {
    return new Response("hello");
  },
};
