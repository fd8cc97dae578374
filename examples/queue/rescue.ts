// How the printers came back in time to run payroll, at the end of "Fixing Broken Protocols with NF_QUEUE":
// the server has a new address, the printers know the old one, and nobody is there to tell them. A DNAT
// rule sends their packets to the new address, this puts it where the packets say it once more.
//
//   nft add rule ip nat prerouting ip daddr 198.51.100.1 dnat to 198.51.100.9
//   sluice queue examples/queue/rescue.ts 198.51.100.1 198.51.100.9

import { parseIPv4, put32, u32 } from 'sluice/bytes';
import { defineHandler } from 'sluice/queue';

/** The payload begins with the addresses of who sends it and of whom it is for. */
const SOURCE = 0;
const DESTINATION = 4;

let old = 0;
let now = 0;

export default defineHandler({
  match: 'udp dport 1331',
  open({ args }) {
    const [from, to] = args.map(parseIPv4);
    if (from === undefined || to === undefined) throw new Error('give the old address and the new');
    [old, now] = [from, to];
  },
  handle({ payload }) {
    if (payload.length < 8) return;
    if (u32(payload, DESTINATION) === old) put32(payload, DESTINATION, now);
    if (u32(payload, SOURCE) === now) put32(payload, SOURCE, old);
  },
});
