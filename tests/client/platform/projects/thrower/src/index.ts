import { limitOf } from "./limits";

// The types go when this is bundled: what is told has to be of this file all the same.
interface Settings {
  limit: number;
}

const settings: Settings = { limit: limitOf("none") };

export default {
  fetch: (): Response => new Response(String(settings.limit)),
};
