// The print servers of "Fixing Broken Protocols with NF_QUEUE" (Linux Journal 212). They tell a central
// server that they are alive, in UDP with their address inside, and behind NAT that is one which nobody
// can answer. Inside becomes outside on the way there, outside becomes inside on the way back.
//
//   sluice queue examples/queue/keepalive.ts addresses.txt        kill -HUP reads the table again
//
// A line of the table is an address inside and the one it has outside: `10.0.0.5 203.0.113.5`.

import { readFileSync } from 'node:fs';
import { parseIPv4, put32, u32 } from 'sluice/bytes';
import { defineHandler, type HandlerContext } from 'sluice/queue';

/** The payload begins with the addresses of who sends it and of whom it is for. */
const SOURCE = 0;
const DESTINATION = 4;

let outside = new Map<number, number>();
let inside = new Map<number, number>();

function readTable({ args: [file = 'addresses.txt'], log }: HandlerContext): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  const pairs = lines.flatMap((line) => {
    const [from, to] = line.split(/\s+/).map(parseIPv4);
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
  outside = new Map(pairs);
  inside = new Map(pairs.map(([from, to]) => [to, from]));
  log(`${pairs.length} addresses`);
}

function translate(payload: Uint8Array, at: number, table: Map<number, number>): void {
  const address = table.get(u32(payload, at));
  if (address !== undefined) put32(payload, at, address);
}

export default defineHandler({
  match: 'udp dport 1331',
  open: readTable,
  reload: readTable,
  handle({ payload }) {
    if (payload.length < 8) return;
    translate(payload, SOURCE, outside);
    translate(payload, DESTINATION, inside);
  },
});
