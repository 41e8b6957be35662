// What the machine says of the processes that the tests started.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

// From /proc, as a small Linux has no ps; from ps elsewhere.
function all() {
  if (process.platform !== "linux") {
    const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss=,comm="], { encoding: "utf8" }).trim().split("\n");
    return rows.map((row) => {
      const [pid, parent, rss, ...name] = row.trim().split(/\s+/);
      return { pid: +pid, parent: +parent, mib: rss / 1024, name: name.join(" ").split("/").pop() };
    });
  }
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      const field = (name) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
      // A zombie is over; only its parent has not yet asked.
      if (field("State") === "Z") return [];
      return [{ pid: +pid, parent: +field("PPid"), mib: (field("VmRSS") ?? 0) / 1024, name: field("Name") }];
    } catch {
      return []; // it ended while we looked
    }
  });
}

/** All that `pid` started, and what those started. */
export function descendants(pid) {
  const processes = all();
  const found = [];
  let parents = [pid];
  while (parents.length > 0) {
    const children = processes.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Those of `pids` that still run. */
export function running(pids) {
  return all().filter(({ pid }) => pids.includes(pid));
}

/** The memory of the one workerd that this process runs, in MiB. */
export function workerdMemory() {
  const runtimes = descendants(process.pid).filter(({ name }) => name.startsWith("workerd"));
  if (runtimes.length !== 1) throw new Error(`${runtimes.length} workerd run below this process, which has one host`);
  return runtimes[0].mib;
}
