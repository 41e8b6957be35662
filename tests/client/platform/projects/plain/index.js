import greeting from "./greeting.txt";
import add from "./add.wasm";

const { exports } = new WebAssembly.Instance(add);

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    const { NAME, LEVEL, TOKEN } = env;
    return Response.json({ greeting: greeting.trim(), sum: exports.add(40, 2), NAME, LEVEL, TOKEN, pathname });
  },
};
