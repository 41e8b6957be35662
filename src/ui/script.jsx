// A script: how it does, its versions and what is live, what it writes and throws, and why a request goes where it goes.

import { Deployments } from "./deployments.jsx";
import { Errors } from "./errors.jsx";
import { Explain } from "./explain.jsx";
import { Logs } from "./logs.jsx";
import { Overview } from "./overview.jsx";
import { link } from "./parts.jsx";

const TABS = [["", "Overview", Overview], ["versions", "Versions", Deployments], ["logs", "Logs", Logs], ["errors", "Errors", Errors], ["explain", "Explain", Explain]];

export function Script({ namespace, name, tab }) {
  const [, label, Tab] = TABS.find(([known]) => known === tab) ?? TABS[0];
  const path = `/${namespace}/scripts/${name}`;
  const url = `/dispatch/${namespace}/${name}/`;
  return (
    <>
      <p class="crumbs"><a href="#/scripts">Scripts</a> / {namespace}</p>
      <div class="row end">
        <h1>{name}</h1>
        <span class="row"><a href={url} target="_blank" rel="noopener">{url}</a><a href={link("playground", namespace, name)}>Edit</a></span>
      </div>
      <nav aria-label={`Of ${name}`}>
        <ul class="tabs">
          {TABS.map(([known, label]) => (
            <li key={known}><a href={link(...["scripts", namespace, name, known].filter(Boolean))} aria-current={known === tab ? "page" : undefined}>{label}</a></li>
          ))}
        </ul>
      </nav>
      <section aria-label={label}><Tab namespace={namespace} name={name} path={path} url={url} /></section>
    </>
  );
}
