// The page: the start, which is there without JavaScript too, and with the token the places to work in.

import "./main.css";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Cost } from "./cost.jsx";
import { Playground } from "./playground.jsx";
import { Script } from "./script.jsx";
import { Scripts } from "./scripts.jsx";
import { decoded, useToken } from "./session.js";
import { enhanceStart } from "./start.js";
import { TokenForm, TokenMenu } from "./token.jsx";

const PLACES = [["", "Start"], ["scripts", "Scripts"], ["playground", "Playground"], ["cost", "Cost"]];

const place = () => location.hash.replace(/^#\/?/, "").split("/").map(decoded);

function usePlace() {
  const [parts, set] = useState(place());
  useEffect(() => {
    const moved = () => set(place());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return parts;
}

function Menu() {
  const [first] = usePlace();
  return (
    <>
      <nav aria-label="Places">
        <ul>
          {PLACES.map(([name, label]) => (
            <li key={name}><a href={`#/${name}`} aria-current={first === name ? "page" : undefined}>{label}</a></li>
          ))}
        </ul>
      </nav>
      <TokenMenu />
    </>
  );
}

function View() {
  const [first, ...rest] = usePlace();
  const token = useToken();
  const known = PLACES.some(([name]) => name === first);
  useEffect(() => {
    document.getElementById("start").hidden = first !== "";
    document.getElementById("view").hidden = first === "";
    document.title = ["dynamic-loader", PLACES.find(([name]) => name === first && name)?.[1], ...rest].filter(Boolean).reverse().join(" · ");
    // Whoever does not see it is told that this is another place.
    if (first !== "") document.querySelector("#view main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [first, ...rest]);
  if (first === "") return null;
  return (
    <main id="main-view" tabIndex={-1} key={[token, first, ...rest].join("/")}>
      {!known ? <><h1>Nothing here</h1><p>There is nothing at <code>#/{first}</code>. <a href="#/scripts">Scripts</a></p></>
        : !token ? <TokenForm />
        : first === "playground" ? <Playground namespace={rest[0]} script={rest[1]} />
        : first === "cost" ? <Cost />
        : rest.length >= 2 ? <Script namespace={rest[0]} name={rest[1]} tab={rest[2] ?? ""} />
        : <Scripts />}
    </main>
  );
}

enhanceStart();
render(<Menu />, document.getElementById("menu"));
render(<View />, document.getElementById("view"));
document.querySelector(".skip").onclick = (event) => {
  event.preventDefault();
  (document.getElementById("view").hidden ? document.getElementById("main") : document.getElementById("main-view")).focus();
};
