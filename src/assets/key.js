// The key that signs the tokens of upload sessions. The directory has it made once; an isolate asks once.
import { ask } from "./ask.js";

let key;

export const sessionKey = async (env) => (key ??= (await ask(env.DIRECTORY, "directory", { op: "session_key" })).key);
