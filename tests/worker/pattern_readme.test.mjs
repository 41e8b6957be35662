// The commands of README's chapter on patterns, typed into a shell as they stand there; and what `make dev` makes, made twice.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { EXAMPLES, seed } from "../../scripts/seed.mjs";
import { TOKEN, startPatterns } from "./patterns.mjs";

const run = promisify(execFile);
const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const CHAPTER = README.slice(README.indexOf("\n## Patterns\n"), README.indexOf("\n## The SDK in one example\n"));

/** `[{ command, lines }]` of the blocks of a console: commands go on until their quotes are closed. */
function typed(text) {
  const found = [];
  for (const [, block] of text.matchAll(/```console\n(.*?)```/gs)) {
    let last;
    for (const line of block.trimEnd().split("\n")) {
      const open = last && last.lines.length === 0 && (last.command.match(/'/g) ?? []).length % 2 === 1;
      if (line.startsWith("$ ")) found.push((last = { command: line.slice(2), lines: [] }));
      else if (open) last.command += `\n${line}`;
      else last.lines.push(line);
    }
  }
  return found;
}

describe("the chapter on patterns", () => {
  let host;
  const shell = async (command) => {
    const env = { ...process.env, H: host.url.slice(0, -1), AUTH: `Authorization: Bearer ${TOKEN}` };
    return (await run("bash", ["-c", command.replace(/^curl/, "curl --silent --show-error --fail --max-time 20")], { env })).stdout;
  };
  // The tunnels of the chapter lead to this host.
  before(async () => (host = await startPatterns({ extra: { outboundService: undefined } })));
  after(() => host?.dispose());

  test("each command answers as it says", async () => {
    const commands = typed(CHAPTER);
    assert.ok(commands.length >= 10, `${commands.length}`);
    for (const { command, lines } of commands) {
      const out = await shell(command);
      if (lines.length === 0) continue;
      const expected = lines.join("\n").replaceAll("http://127.0.0.1:8787", host.url.slice(0, -1)).split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      assert.match(out.trim(), new RegExp(`^${expected.join(".*")}$`, "s"), command);
    }
  });

  test("one example of each pattern is made, once, and can be tried", async () => {
    const url = host.url.slice(0, -1);
    const lines = await seed(url, TOKEN);
    assert.equal(lines.length, EXAMPLES.flatMap(({ tries = [] }) => tries).length, lines.join("\n"));
    const told = async () => JSON.stringify(await Promise.all(EXAMPLES.filter(({ document }) => document).map(({ path }) => host.manage("GET", path))));
    const before = await told();
    assert.deepEqual(await seed(url, TOKEN), lines);
    assert.equal(await told(), before, "what is there stays as it is");
    for (const line of lines) assert.ok((await shell(line)).length > 0, line);
  });

  test("what cannot be made is told", async () => {
    const [line] = await seed(host.url.slice(0, -1), "wrong", [{ path: "/tenant/none", document: { name: "x" } }]);
    assert.match(line, /^\/tenant\/none could not be made: 401 /);
  });
});
