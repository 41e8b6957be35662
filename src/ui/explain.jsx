// What would become of a request, and why.

import { useState } from "preact/hooks";
import { Asked, Table } from "./parts.jsx";
import { useAsked } from "./session.js";

export function Explain({ path, url }) {
  const [asked, ask] = useState(new URL(url, location.href).href);
  const answer = useAsked(`${path}/explain?url=${encodeURIComponent(asked)}`);
  return (
    <>
      <form class="row" onSubmit={(event) => {
        event.preventDefault();
        ask(new FormData(event.currentTarget).get("url"));
      }}>
        <label for="url">Address</label>
        <input id="url" name="url" type="url" required defaultValue={asked} size={50} />
        <button class="main">Explain</button>
      </form>
      <p class="soft" style={{ margin: ".5rem 0 1rem" }}>For a request by you, from this browser. Nothing is run.</p>
      <Asked asked={answer}>
        {(told) => (
          <>
            <p class="note">It goes to version {told.number} (<code>{told.version}</code>). {told.why}</p>
            <div style={{ marginTop: "1rem" }}>
              <Table caption="What it is given" head={["What", "Is"]}>
                {Object.entries(told).filter(([name]) => !["number", "version", "why"].includes(name)).map(([name, value]) => (
                  <tr key={name}><th scope="row">{name.replaceAll("_", " ")}</th><td><pre>{shown(value)}</pre></td></tr>
                ))}
              </Table>
            </div>
          </>
        )}
      </Asked>
    </>
  );
}

function shown(value) {
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)) return "–";
  return typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
}
