// The main module. What the runtime can reach is what is exported here, and nothing else.
import generated, { ConfigStore, Directory, Limiter, Namespace, Script } from "../build/index.js";
import { entry } from "../worker-loader/entry.js";
import { host } from "./dispatch/finish.js";

export { ConfigStore, Directory, Limiter, Namespace, Script };
export { Experiment } from "./pattern/experiment.js";
// What scripts are handed: their files, and where their logs go.
export { Assets } from "./assets/binding.js";
export { Tail } from "./dispatch/tail.js";
export default host(generated, entry);
