// What the tests of telemetry share: what a namespace's scripts did, asked until it is told.
import { NAMESPACES } from "./api.mjs";
import { until as untilSo } from "./until.mjs";

export const NAMESPACE = `${NAMESPACES}/tenants`;

/** Asks again until it is told so, and gives what is told. Isolates tell what they have counted once a second. */
export const until = (ask, isSo) => untilSo(ask, "it is told", isSo);

/** What a host tells of a namespace, `tenants` where no other is said. */
export function telemetryOf({ api }, namespace = NAMESPACE) {
  const get = async (path) => (await api("GET", `${namespace}${path}`)).result;
  return {
    get,
    analytics: (query = "") => get(`/analytics${query}`),
    /** The totals of a script, or of one version, once it had so many requests. */
    totals: async (requests, query = "by=namespace") => {
      const told = await until(() => get(`/analytics?${query}`), ({ series }) => (series[0]?.totals.requests ?? 0) >= requests);
      return told.series[0]?.totals;
    },
    /** The events of a script, once there are so many. */
    events: async (script, count, query = "") => (await until(() => get(`/scripts/${script}/logs?${query}`), ({ events }) => events.length >= count)).events,
    errors: (script, count) => until(() => get(`/scripts/${script}/errors`), (errors) => errors.length >= count),
  };
}
