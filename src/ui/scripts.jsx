// Namespaces, and the scripts of each.

import { useState } from "preact/hooks";
import { Asked, Problem, Table, Time, link, useBusy } from "./parts.jsx";
import { call, useAsked } from "./session.js";

const PER_PAGE = 100;

export function Scripts() {
  const asked = useAsked(`?per_page=${PER_PAGE}`);
  return (
    <>
      <div class="row end"><h1>Scripts</h1><a href="#/playground">Write one</a></div>
      <Asked asked={asked}>
        {(namespaces) => (
          <>
            {namespaces.length === 0 && <p class="note">There is no namespace yet. A namespace holds scripts that share their limits and their policy.</p>}
            {namespaces.map(({ namespace_name: name, namespace_id: id }) => <Namespace key={id} name={name} />)}
          </>
        )}
      </Asked>
      <NewNamespace done={asked.reload} />
    </>
  );
}

function Namespace({ name }) {
  const asked = useAsked(`/${name}/scripts?per_page=${PER_PAGE}`);
  return (
    <section aria-labelledby={`ns-${name}`}>
      <h2 id={`ns-${name}`}>{name}</h2>
      <Asked asked={asked}>
        {(scripts) => scripts.length === 0 ? <p class="soft">No script yet.</p> : (
          <Table caption={`Scripts of ${name}`} head={["Name", "Deployed", "By", "Handlers"]}>
            {scripts.map(({ script }) => (
              <tr key={script.id}>
                <td><a href={link("scripts", name, script.id)}>{script.id}</a></td>
                <td><Time at={script.modified_on} /></td>
                <td>{script.last_deployed_from}</td>
                <td>{[...script.handlers, ...(script.has_assets ? ["files"] : [])].join(", ") || "–"}</td>
              </tr>
            ))}
          </Table>
        )}
      </Asked>
    </section>
  );
}

function NewNamespace({ done }) {
  const [name, set] = useState("");
  const { busy, error, run } = useBusy();
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      await call("POST", "", { name });
      set("");
      done();
    });
  };
  return (
    <form class="row" style={{ marginTop: "1.5rem" }} onSubmit={submit} autocomplete="off">
      <label for="new-namespace">New namespace</label>
      <input id="new-namespace" required pattern="[a-z0-9_\-]+" title="a-z, 0-9, - and _" value={name} onInput={(event) => set(event.currentTarget.value)} />
      <button disabled={busy}>Make it</button>
      <Problem error={error} />
    </form>
  );
}
