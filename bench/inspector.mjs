// What V8 says of the host's isolate, by the runtime's inspector.
export class Inspector {
  #socket;
  #waiting = new Map();
  #id = 0;

  /** Connects to the isolate of this name. */
  static async connect(url, name) {
    const targets = await (await fetch(new URL("/json", String(url).replace(/^ws/, "http")))).json();
    const target = targets.find(({ id }) => id.includes(name));
    if (target === undefined) throw new Error(`the inspector has no ${name}: ${targets.map(({ id }) => id).join()}`);
    const inspector = new Inspector();
    const socket = (inspector.#socket = new WebSocket(target.webSocketDebuggerUrl));
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
    });
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(data);
      const waiting = inspector.#waiting.get(id);
      inspector.#waiting.delete(id);
      if (error) waiting?.reject(new Error(error.message));
      else waiting?.resolve(result);
    });
    socket.addEventListener("close", () => {
      for (const { reject } of inspector.#waiting.values()) reject(new Error("the inspector has gone: did the runtime end?"));
      inspector.#waiting.clear();
    });
    return inspector;
  }

  call(method, params = {}) {
    const id = (this.#id += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Bytes that are in use, or have not been collected yet: of JavaScript, `heap`, and of what the runtime keeps for it, `embedder`. */
  async heap() {
    const { usedSize, embedderHeapUsedSize } = await this.call("Runtime.getHeapUsage");
    return { heap: usedSize, embedder: embedderHeapUsedSize };
  }

  close() {
    this.#socket.close();
  }
}
