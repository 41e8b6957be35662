// What the workers of each namespace cost, and why.

import { Asked, Table, count } from "./parts.jsx";
import { useAsked } from "./session.js";

const usd = (amount) => new Intl.NumberFormat(undefined, { style: "currency", currency: "USD" }).format(amount);

export function Cost() {
  const asked = useAsked("?per_page=100");
  return (
    <>
      <h1>Cost</h1>
      <p class="soft">By Cloudflare’s published prices, or those of the operator’s setting <code>PRICES</code>: each worker that is loaded on a day, each request, and CPU time.</p>
      <Asked asked={asked}>{(namespaces) => namespaces.length === 0 ? <p class="note">There is no namespace yet.</p> : namespaces.map(({ namespace_name: name }) => <Namespace key={name} name={name} />)}</Asked>
    </>
  );
}

function Namespace({ name }) {
  const asked = useAsked(`/${name}/cost`);
  return (
    <section aria-label={name}>
      <h2>{name}</h2>
      <Asked asked={asked}>
        {({ days, projected, warnings }) => days.length === 0 ? <p class="soft">Nothing was run.</p> : (
          <>
            {warnings.map(({ message, code, script }) => <p key={code + script} class="note warn">{message}</p>)}
            <p>A month like this comes to <b>{usd(projected.usd.total)}</b>, beyond what is included to <b>{usd(projected.usd_beyond_included.total)}</b>: {count(projected.workers)} workers, {count(projected.requests)} requests.</p>
            <Table caption={`Days of ${name}`} head={["Day", "Workers", "Keys", "For one call", "Requests", "Cold starts"]} numbers={[1, 2, 3, 4, 5]}>
              {days.map(({ day, workers, keys, loads, requests, cold_starts, cold_start_rate }) => (
                <tr key={day}>
                  <td>{day}</td><td class="number">{count(workers)}</td><td class="number">{count(keys)}</td><td class="number">{count(loads)}</td><td class="number">{count(requests)}</td>
                  <td class="number">{count(cold_starts)}{cold_start_rate === null ? "" : ` (${(100 * cold_start_rate).toFixed(1)} %)`}</td>
                </tr>
              ))}
            </Table>
          </>
        )}
      </Asked>
    </section>
  );
}
