// Looks at the first packets of each connection and no further: the last of them is marked, the mark is
// saved with the connection, and what follows never leaves the kernel.
//
//   nft -f - <<'END'
//   table ip looks {
//     chain first { type filter hook forward priority 0; ct mark 1 accept; tcp dport 80 queue to 0; }
//     chain done  { type filter hook postrouting priority 0; meta mark 1 ct mark set 1; }
//   }
//   END
//   sluice queue examples/queue/first-packets.ts --num 0

import { defineHandler, type HandlerContext, type QueuedPacket } from 'sluice/queue';

const FIRST = 5;
const DONE = 1;
/** Connections that are remembered; the oldest are forgotten. */
const MOST = 10_000;

const seen = new Map<string, number>();
let tell: HandlerContext['log'];

/** Without ports, where the protocol has none. */
const end = (address: string, port: number): string =>
  port < 0 ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const connection = ({ source, sourcePort, destination, destinationPort }: QueuedPacket): string =>
  `${end(source, sourcePort)} > ${end(destination, destinationPort)}`;

export default defineHandler({
  open({ log }) {
    tell = log;
  },
  handle(packet) {
    const key = connection(packet);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    if (count <= FIRST) tell(`${key} #${count} ${packet.length} bytes`);
    // Those that were queued before the mark was saved come as well.
    if (count >= FIRST) packet.mark = DONE;
    if (seen.size > MOST) seen.delete(seen.keys().next().value ?? '');
  },
});
