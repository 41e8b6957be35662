// Versions of a script, which of them are live, and for how many.

import { useState } from "preact/hooks";
import { Asked, Id, Problem, Table, Time, useBusy } from "./parts.jsx";
import { call, useAsked } from "./session.js";

export function Deployments({ path, url }) {
  const versions = useAsked(`${path}/versions?per_page=50`);
  const deployments = useAsked(`${path}/deployments`);
  const { busy, error, run } = useBusy();
  const [told, tell] = useState("");
  const deploy = (shares, why, message) => run(async () => {
    tell("");
    const versions = shares.filter(([, percentage]) => percentage > 0).map(([version_id, percentage]) => ({ version_id, percentage }));
    await call("POST", `${path}/deployments`, { strategy: "percentage", versions, annotations: { "workers/message": message } });
    tell(why);
    deployments.reload();
  });
  return (
    <Asked asked={versions}>
      {({ items }) => (
        <Asked asked={deployments}>
          {({ deployments: [live, ...before] }) => (
            <>
              <Live live={live} numberOf={numbers(items)} />
              <p class="row" style={{ margin: ".8rem 0" }}>
                <button type="button" disabled={busy || before.length === 0} onClick={() => deploy(before[0].versions.map(({ version_id, percentage }) => [version_id, percentage]), "Rolled back.", "rolled back on the page")}>Roll back to the deployment before</button>
                <span role="status" class="good">{told}</span>
              </p>
              <Problem error={error} />
              <Gradual key={live.id} items={items} live={live} busy={busy} deploy={deploy} />
              <h2>Versions</h2>
              <Table caption="All versions" head={["Version", "Made", "By", "Message", "Do"]}>
                {items.map(({ id, number, metadata, annotations }) => (
                  <tr key={id}>
                    <td>{number} <Id id={id} /></td>
                    <td><Time at={metadata.created_on} /></td>
                    <td>{metadata.source}</td>
                    <td>{annotations?.["workers/message"] ?? ""}</td>
                    <td><div class="row">
                      <a href={url.replace(/\/$/, `@${id.slice(0, 8)}/`)} target="_blank" rel="noopener">Look at it</a>
                      {live.versions.length === 1 && live.versions[0].version_id === id ? <span class="good">live</span>
                        : <button type="button" disabled={busy} aria-label={`Deploy version ${number} to all`} onClick={() => deploy([[id, 100]], `Version ${number} is live for all.`, `version ${number} for all`)}>To all</button>}
                    </div></td>
                  </tr>
                ))}
              </Table>
              <h2>Deployments</h2>
              <Table caption="All deployments" head={["Number", "Since", "Versions", "Why"]}>
                {[live, ...before].map(({ id, sequence, created_on, versions, annotations }) => (
                  <tr key={id}>
                    <td>{sequence}</td>
                    <td><Time at={created_on} /></td>
                    <td>{versions.map(({ version_id, percentage }) => `${numbers(items)(version_id)}: ${percentage} %`).join(", ")}</td>
                    <td>{annotations?.["workers/message"] ?? annotations?.["workers/triggered_by"] ?? ""}</td>
                  </tr>
                ))}
              </Table>
            </>
          )}
        </Asked>
      )}
    </Asked>
  );
}

// What a version is called: its number, or the begin of its id where it is too old for the list.
const numbers = (items) => (id) => {
  const found = items.find((version) => version.id === id);
  return found ? `version ${found.number}` : id.slice(0, 8);
};

function Live({ live, numberOf }) {
  return (
    <>
      <h2 style={{ marginTop: 0 }}>Live now</h2>
      <div class="split" role="img" aria-label={live.versions.map(({ version_id, percentage }) => `${numberOf(version_id)} for ${percentage} percent`).join(", ")}>
        {live.versions.map(({ version_id, percentage }) => <span key={version_id} style={{ flex: percentage }}>{numberOf(version_id)}: {percentage} %</span>)}
      </div>
    </>
  );
}

// A version beside the one that most have.
function Gradual({ items, live, busy, deploy }) {
  const main = live.versions.reduce((one, other) => (other.percentage > one.percentage ? other : one)).version_id;
  const others = items.filter(({ id }) => id !== main);
  const other = live.versions.find(({ version_id }) => version_id !== main);
  const [chosen, choose] = useState(other?.version_id ?? others[0]?.id);
  const [share, set] = useState(other?.percentage ?? 10);
  if (others.length === 0) return <p class="soft">There is one version. Save another, and it can be given to a part of the visitors first.</p>;
  const numberOf = numbers(items);
  return (
    <form class="slider panel" onSubmit={(event) => {
      event.preventDefault();
      deploy([[main, 100 - share], [chosen, share]], `${numberOf(chosen)} is live for ${share} %.`, `${share} % for ${numberOf(chosen)}`);
    }}>
      <h3>Give a part of the visitors another version</h3>
      <div class="row">
        <label for="other">Version</label>
        <select id="other" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>{others.map(({ id }) => <option key={id} value={id}>{numberOf(id)}</option>)}</select>
        <label for="share">for</label>
        <output for="share">{share} %</output>
      </div>
      <input id="share" type="range" min="0" max="100" value={share} onInput={(event) => set(Number(event.currentTarget.value))} aria-valuetext={`${share} percent`} />
      <p class="row"><button class="main" disabled={busy}>Deploy {share} %</button><span class="soft">The rest keeps {numberOf(main)}. Who has a version keeps it while the share grows.</span></p>
    </form>
  );
}
