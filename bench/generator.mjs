import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The load generator's process (load.mjs). */
export class Generator {
  #child = fork(fileURLToPath(new URL("load.mjs", import.meta.url)), { stdio: ["ignore", "inherit", "inherit", "ipc"] });

  run(job) {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error("the load generator ended"));
      this.#child.once("exit", ended);
      this.#child.once("message", ({ result, error }) => {
        this.#child.off("exit", ended);
        if (error) reject(new Error(error));
        else resolve(result);
      });
      this.#child.send(job);
    });
  }

  /** Ends it, at once; the promise is for who wants to wait until it is gone. */
  stop() {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    return this.#child.kill("SIGKILL") ? gone : undefined;
  }
}
