// What unmodified wrangler, the npm package `cloudflare` and curl do with namespaces, scripts, versions and tokens.
import addresses from "./platform/addresses.mjs";
import { platform } from "./platform/host.mjs";
import namespaces from "./platform/namespaces.mjs";
import readme from "./platform/readme.mjs";
import rollout from "./platform/rollout.mjs";
import sdk from "./platform/sdk.mjs";
import tail from "./platform/tail.mjs";
import tokens from "./platform/tokens.mjs";

platform("a host and its clients", [namespaces, sdk, rollout, tokens, tail, readme, addresses]);
