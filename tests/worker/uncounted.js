// In front of the Worker: the object of a test does not answer.
import worker from "./entry.js";
import { DurableObject } from "cloudflare:workers";
export * from "./entry.js";

export class Experiment extends DurableObject {
  expose() { throw new Error("no storage"); }
  convert() { throw new Error("no storage"); }
  counts() { throw new Error("no storage"); }
}
export default worker;
