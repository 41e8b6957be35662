// The platform to the clients that people have: unmodified wrangler and the npm package `cloudflare`, against a host
// under `wrangler dev`, which they share. What is here is in platform/, one file for each subject.
import { after, before, describe } from "node:test";
import addresses from "./platform/addresses.mjs";
import assets from "./platform/assets.mjs";
import broken from "./platform/broken.mjs";
import { NAMESPACE, clientsOf } from "./platform/clients.mjs";
import deploying from "./platform/deploying.mjs";
import namespaces from "./platform/namespaces.mjs";
import readme from "./platform/readme.mjs";
import rollout from "./platform/rollout.mjs";
import sdk from "./platform/sdk.mjs";
import tokens from "./platform/tokens.mjs";
import { startWrangler, workFolder } from "./wrangler.mjs";

const TOKEN = "the-token-of-the-platform-tests";

describe("the platform under wrangler dev", { timeout: 300_000 }, () => {
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

  for (const suite of [namespaces, deploying, broken, sdk, rollout, tokens, assets, readme, addresses]) suite(() => clients);
});
