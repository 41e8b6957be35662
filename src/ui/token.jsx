// The token: given once, forgotten at will.

import { useState } from "preact/hooks";
import { Problem, useBusy } from "./parts.jsx";
import { call, isOpened, setToken, useToken } from "./session.js";

export function TokenMenu() {
  const token = useToken();
  if (!token) return <span class="soft">Not signed in</span>;
  return <span class="row"><span class="soft wide">Signed in</span><button type="button" onClick={() => setToken("")}>Sign out</button></span>;
}

export function TokenForm() {
  const [value, set] = useState("");
  const { busy, error, run } = useBusy();
  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      try {
        await call("GET", "?per_page=1", undefined, value);
      } catch (error) {
        throw error.status === 401 ? new Error("The token was not accepted.") : error;
      }
      setToken(value);
    });
  };
  if (isOpened) {
    return <section><h1>Sign in</h1><p class="note warn">Another page has opened this one and could read along. Type its address into a new tab to sign in.</p></section>;
  }
  return (
    <section>
      <h1>Sign in</h1>
      <p class="soft">With the Worker’s <code>API_TOKEN</code>, or one that was made with it. <code>make dev</code> prints a link that does this for you.</p>
      <form class="fields panel" onSubmit={submit} autocomplete="off">
        <label for="sign-in">API token</label>
        <input id="sign-in" type="password" required autocomplete="off" value={value} onInput={(event) => set(event.currentTarget.value)} />
        <p class="row"><button class="main" disabled={busy}>Sign in</button><span class="soft">It stays in this page’s memory, until it is closed or loaded anew.</span></p>
        <Problem error={error} />
      </form>
    </section>
  );
}
