import { word } from "./lib/word.js";

export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/word") return new Response(word);
    const { later } = await import("./lib/later.js");
    return new Response(later);
  },
};
