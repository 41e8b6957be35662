// The main module. What the runtime can reach is what is exported here, and nothing else.
import generated, { ConfigStore, Directory, Limiter, Namespace, Script } from "../build/index.js";
import { entry } from "../worker-loader/entry.js";
import { enforce } from "./capability/allowance.js";
import { gateway } from "./capability/outbound.js";
import { supervisor } from "./capability/object/supervisor.js";
import { queues } from "./capability/queue/store.js";
import { services } from "./capability/service.js";
import { host } from "./dispatch/finish.js";
import { runner } from "./pattern/job/runner.js";
import { tails } from "./telemetry/tail.js";

export { ConfigStore, Directory, Limiter, Namespace, Script };
export { Experiment } from "./pattern/experiment.js";
export { Job } from "./pattern/job/job.js";
// What is counted, of scripts and of this Worker.
export { Pulse } from "./telemetry/pulse_store.js";
export { Telemetry } from "./telemetry/telemetry.js";
// What scripts are handed: their files.
export { Assets } from "./assets/binding.js";
export { D1 } from "./capability/d1/d1.js";
export { Database } from "./capability/d1/database.js";
export { R2 } from "./capability/r2/r2.js";
export { BucketSweep } from "./capability/r2/sweep.js";
export { Kv } from "./capability/kv/kv.js";
export { KvStore } from "./capability/kv/store.js";
export { ObjectIndex } from "./capability/object/index.js";
export { Objects } from "./capability/object/objects.js";
export { Queue } from "./capability/queue/queue.js";
export { ObjectAlarm } from "./capability/object/supervisor.js";
// Where the requests go that they make themselves. Rust is asked as it is for requests to this Worker: a panic ends with it.
const { fetch: decide } = entry(generated, { fetch: generated.prototype.outbound, panicked: () => null });
export const Outbound = gateway(decide);
// What else scripts are handed: each other.
const { fetch: served } = entry(generated, { fetch: generated.prototype.served, panicked: () => null });
export const Service = services(served);
// Where an item of a job is run.
const { fetch: scripted } = entry(generated, { fetch: generated.prototype.scripted, panicked: () => null });
export const Runner = runner(scripted);
// What runs the Durable Objects of a script.
const { fetch: supervised } = entry(generated, { fetch: generated.prototype.supervised, panicked: () => null });
export const Supervisor = supervisor(supervised);
// What delivers the messages of a queue.
const { fetch: hosted } = entry(generated, { fetch: generated.prototype.hosted, panicked: () => null });
export const QueueStore = queues(hosted);
// What the runtime tells of scripts' calls.
export const Tail = tails(entry(generated, { fetch: generated.prototype.known, panicked: () => null }).fetch, generated.prototype.fault);
// Whether a script may store more.
enforce(entry(generated, { fetch: generated.prototype.denied, panicked: () => null }).fetch);
export default host(generated, entry);
