import generated from "./build/index.js";
import { entry } from "../../worker-loader/entry.js";
export default entry(generated, { fetch: "raw" });
