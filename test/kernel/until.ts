// Waiting for what the running kernel or another process is about to do.

import { setTimeout as sleep } from 'node:timers/promises';

/** Nobody waits that long where all is well: it is for machines with much else to do. */
const PATIENCE = 20_000;
/** A command of this project, started from its source beside other tests. */
export const START = 30_000;

/** Until it is so, or the test has waited too long. */
export async function until(what: string, isSo: () => boolean, patience = PATIENCE): Promise<void> {
  const end = performance.now() + patience;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(2);
  }
}
