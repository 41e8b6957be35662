// What a script throws, each fault once.

import { Asked, Id, Problem, Time, count, useBusy } from "./parts.jsx";
import { call, useAsked } from "./session.js";

const EVERY_MS = 10_000;

export function Errors({ path }) {
  const asked = useAsked(`${path}/errors`, EVERY_MS);
  const { busy, error, run } = useBusy();
  return (
    <>
      <Problem error={error} />
      <Asked asked={asked}>
        {(faults) => faults.length === 0 ? <p class="note">It has thrown nothing that it did not catch itself.</p> : faults.map((fault) => (
          <article key={fault.fingerprint} class="panel fault">
            <div class="row end">
              <h2 class="part">{fault.name}: {fault.message}</h2>
              <button type="button" disabled={busy} aria-label={`Dealt with: ${fault.name}: ${fault.message}`} onClick={() => run(async () => {
                await call("DELETE", `${path}/errors/${fault.fingerprint}`);
                asked.reload();
              })}>Dealt with</button>
            </div>
            <p class="soft">{count(fault.count)} {fault.count === 1 ? "time" : "times"}, first <Time at={fault.first_seen} /> in version <Id id={fault.first_version} />, last <Time at={fault.last_seen} /> in <Id id={fault.last_version} />{fault.last_request && <>, by the request <code>{fault.last_request}</code></>}</p>
            <Fault fault={fault} />
          </article>
        ))}
      </Asked>
    </>
  );
}

/** Where it was thrown. */
export function Fault({ fault: { file, line, column, frame, stack } }) {
  return (
    <>
      {file && <p><code>{file}:{line}:{column}</code></p>}
      {frame && <pre tabIndex={0} aria-label="The lines around it">{frame}</pre>}
      {stack && <details><summary>Stack</summary><pre tabIndex={0} aria-label="Stack">{stack}</pre></details>}
    </>
  );
}
