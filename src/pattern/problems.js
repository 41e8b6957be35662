// What the host asks of the patterns' own files.
import { problems } from "./rules.js";

/** Of JSON text. */
export const flagProblems = (text) => problems(JSON.parse(text));
