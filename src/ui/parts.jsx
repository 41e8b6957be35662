// What the views are made of.

import { useState } from "preact/hooks";

export function Problem({ error }) {
  if (!error) return null;
  return <div class="note bad" role="alert"><b>That did not work.</b><pre>{error.message}</pre></div>;
}

/** One thing at a time: `{ busy, error, run }`. */
export function useBusy() {
  const [state, set] = useState({ busy: false });
  const run = async (work) => {
    set({ busy: true });
    try {
      await work();
      set({ busy: false });
    } catch (error) {
      set({ busy: false, error });
    }
  };
  return { ...state, run };
}

/** What was asked for, once it is there. */
export function Asked({ asked, children }) {
  if (asked.error) return <Problem error={asked.error} />;
  if (asked.value === undefined) return <p class="soft" role="status">Loading…</p>;
  return <div class={asked.busy ? "busy" : undefined}>{children(asked.value)}</div>;
}

const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
export const Time = ({ at }) => <time dateTime={new Date(at).toISOString()}>{FORMAT.format(new Date(at))}</time>;

/** The begin of an id, which is as much as people read of it. */
export const Id = ({ id }) => <code title={id}>{id.slice(0, 8)}</code>;

export function Table({ head, numbers = [], children, caption }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="sr">{caption}</caption>
        <thead><tr>{head.map((name, at) => <th key={name} scope="col" class={numbers.includes(at) ? "number" : undefined}>{name}</th>)}</tr></thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export const count = (number) => new Intl.NumberFormat().format(number);
export const ms = (number) => (number === null || number === undefined ? "–" : `${new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 }).format(number)} ms`);
export const link = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
