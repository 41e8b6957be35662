// How a script does: the numbers of the last hour or day, and their way there.

import { useState } from "preact/hooks";
import { Chart } from "./chart.jsx";
import { Asked, Id, Table, count, ms } from "./parts.jsx";
import { useAsked } from "./session.js";

const SPANS = { hour: [3_600_000, 60_000, "minute"], day: [86_400_000, 3_600_000, "hour"], week: [7 * 86_400_000, 3_600_000, "hour"] };
const EVERY_MS = 5000;

export function Overview({ path }) {
  const [span, set] = useState("hour");
  const [length, size, step] = SPANS[span];
  // By the whole step, so that the address is the same until there is something new.
  const until = Math.ceil(Date.now() / size) * size;
  const query = `since=${new Date(until - length).toISOString()}&until=${new Date(until).toISOString()}&step=${step}`;
  const asked = useAsked(`${path}/analytics?by=script&${query}`, EVERY_MS);
  const versions = useAsked(`${path}/analytics?by=version&${query}`, EVERY_MS);
  return (
    <>
      <p class="row" style={{ marginBottom: "1rem" }}>
        <label for="span">Of the last</label>
        <select id="span" value={span} onChange={(event) => set(event.currentTarget.value)}>{Object.keys(SPANS).map((name) => <option key={name}>{name}</option>)}</select>
      </p>
      <Asked asked={asked}>
        {({ series: [one] }) => one === undefined ? <p class="note">Nobody asked for it in this time.</p> : <Numbers one={one} from={until - length} until={until} size={size} />}
      </Asked>
      <h2>By version</h2>
      <Asked asked={versions}>{({ series }) => <Versions series={series.filter(({ version }) => version)} />}</Asked>
    </>
  );
}

function Numbers({ one: { totals, points }, from, until, size }) {
  const times = [];
  for (let at = from; at < until; at += size) times.push(at);
  const known = new Map(points.map((point) => [Date.parse(point.at), point]));
  const line = (name, of) => ({ name, values: times.map((at) => (known.has(at) ? of(known.get(at)) : 0)) });
  const times_ = (name, of) => ({ name, values: times.map((at) => (known.has(at) ? of(known.get(at)) : null)) });
  const failed = ({ outcomes, statuses }) => outcomes.threw + outcomes.host_failed + Math.max(0, statuses["5xx"] - outcomes.threw - outcomes.host_failed);
  const { requests, outcomes, latency_ms: latency } = totals;
  const figures = [
    ["requests", count(requests)],
    ["failed", requests === 0 ? "–" : `${((100 * failed(totals)) / requests).toFixed(1)} %`],
    ["median", ms(latency.p50)],
    ["99 of 100 within", ms(latency.p99)],
    ["cold starts", count(totals.cold_starts)],
    ["refused", count(outcomes.refused)],
    ["log lines", count(totals.log_lines)],
    ["requests to elsewhere", `${count(totals.subrequests_allowed)}${totals.subrequests_refused ? ` + ${count(totals.subrequests_refused)} refused` : ""}`],
  ];
  return (
    <>
      <dl class="figures">{figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <div class="grid">
        <Chart title="Requests" times={times} format={count} lines={[line("all", ({ requests }) => requests)]} />
        <Chart title="Errors" times={times} format={count} lines={[line("threw", ({ outcomes }) => outcomes.threw), line("5xx", ({ statuses }) => statuses["5xx"])]} />
        <Chart title="Latency" times={times} format={ms} lines={[times_("median", ({ latency_ms: { p50 } }) => p50), times_("p90", ({ latency_ms: { p90 } }) => p90), times_("p99", ({ latency_ms: { p99 } }) => p99)]} />
      </div>
    </>
  );
}

function Versions({ series }) {
  if (series.length === 0) return <p class="soft">None was asked.</p>;
  const all = series.reduce((sum, { totals }) => sum + totals.requests, 0);
  return (
    <Table caption="What each version served" head={["Version", "Requests", "Share", "Threw", "Median", "Cold starts"]} numbers={[1, 2, 3, 4, 5]}>
      {series.map(({ version, totals }) => (
        <tr key={version}>
          <td><Id id={version} /></td>
          <td class="number">{count(totals.requests)}</td>
          <td class="number">{((100 * totals.requests) / all).toFixed(1)} %</td>
          <td class="number">{count(totals.outcomes.threw)}</td>
          <td class="number">{ms(totals.latency_ms.p50)}</td>
          <td class="number">{count(totals.cold_starts)}</td>
        </tr>
      ))}
    </Table>
  );
}
