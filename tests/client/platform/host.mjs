// A host under `wrangler dev` that some suites share, and the clients pointed at it.
import { after, before, describe } from "node:test";
import { startWrangler, workFolder } from "../wrangler.mjs";
import { NAMESPACE, clientsOf } from "./clients.mjs";

const TOKEN = "the-token-of-the-platform-tests";

/** Runs the suites, each a function of a function that gives the clients. */
export function platform(name, suites) {
  describe(name, { timeout: 170_000 }, () => {
    let folder, host, clients;
    before(async () => {
      folder = workFolder({ API_TOKEN: TOKEN });
      host = await startWrangler(folder);
      clients = clientsOf(host, TOKEN);
      await clients.ran(clients.home, "dispatch-namespace", "create", NAMESPACE);
    });
    after(async () => {
      await host?.stop();
      clients?.remove();
      folder?.remove();
    });

    for (const suite of suites) suite(() => clients);
  });
}
