import inner from "./inner.js" with { type: "text" };

// Outbound is blocked because the SDK's default is that, and every host has to ask the runtime for the same thing.
export const CODE = {
  compatibilityDate: "2026-07-01",
  mainModule: "inner.js",
  modules: { "inner.js": inner },
  globalOutbound: null,
};
