// The clock of the machine, as rooms are handed one.

import type { Clock, Timer } from '../core/index.ts';

const NS_PER_MS = 1e6;
/** setTimeout takes no longer time. */
const LONGEST = 0x7fffffff;

/** Monotonic; a timer that is pending does not keep the process. */
export const systemClock = (): Clock => ({
  now: () => Math.round(performance.now() * NS_PER_MS),
  realtime: () => Date.now() / 1000,
  after: (ns: number, run: () => void): Timer => {
    const timer = setTimeout(run, Math.min(LONGEST, Math.ceil(ns / NS_PER_MS)));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
});
