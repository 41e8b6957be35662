// Writes the OpenAPI document of the API to public/openapi.json, which wrangler serves as a static asset.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { document } from "../src/openapi/document.js";

writeFileSync(join(resolve(import.meta.dirname, ".."), "public/openapi.json"), `${JSON.stringify(document)}\n`);
