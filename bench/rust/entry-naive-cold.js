import { serving } from "./generated.js";

export default serving("naiveCold");
