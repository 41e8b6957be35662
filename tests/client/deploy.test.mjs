// What unmodified wrangler deploys into a host: scripts, sites, and what is broken.
import assets from "./platform/assets.mjs";
import broken from "./platform/broken.mjs";
import deploying from "./platform/deploying.mjs";
import { platform } from "./platform/host.mjs";

platform("wrangler deploy into a host", [deploying, broken, assets]);
