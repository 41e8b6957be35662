// How tests ask a server.

/**
 * Asks what listens at `base`, each time by a connection of its own: the runtime ends one on which a body was not read to its end,
 * maybe just as the next request is sent on it.
 */
export const asking = (base) => (path, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("connection", "close");
  return fetch(new URL(path, base), { ...init, headers });
};
