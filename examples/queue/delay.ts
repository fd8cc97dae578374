// Lets packets wait, as a long line does: 100 ms unless told otherwise, and a little more or less by
// chance. They stay in order. A queue holds 1024 packets unless it is told to hold more.
//
//   sluice queue examples/queue/delay.ts 250 50                   250 ms, 50 more or less

import type { Clock } from 'sluice/core';
import { defineHandler } from 'sluice/queue';

const NS_PER_MS = 1e6;

let clock: Clock;
let delay = 100;
let jitter = 0;

export default defineHandler({
  match: 'icmp type { echo-request, echo-reply }',
  open(context) {
    clock = context.clock;
    [delay = 100, jitter = 0] = context.args.map(Number);
  },
  handle() {
    const ms = Math.max(0, delay + (2 * Math.random() - 1) * jitter);
    return new Promise((answer) => clock.after(ms * NS_PER_MS, () => answer('accept')));
  },
});
