// How long ago something was, by a clock that may be set back: what is of the future is then taken for as old as can be.

/** Whether so many milliseconds have gone by as may have. */
export const isWithin = (passedMs, mostMs) => passedMs >= 0 && passedMs < mostMs;
