// What /proc says of a process.
import { readFileSync } from "node:fs";

export { cpuSeconds } from "./workerd.mjs";

/** The memory that it has now, in bytes. */
export const residentMemory = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
