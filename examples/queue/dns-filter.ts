// A filter for names: who asks for one of the list, or for a name below it, is told that it does not
// exist. The answer of the server is changed on its way back, so that nobody waits for one.
//
//   sluice queue examples/queue/dns-filter.ts names.txt           kill -HUP reads the list again

import { readFileSync } from 'node:fs';
import { latin1, put16, u16 } from 'sluice/bytes';
import { defineHandler, type HandlerContext } from 'sluice/queue';

const HEADER = 12;
const RCODE = 0x000f;
const NXDOMAIN = 3;

let names = new Set<string>();

function readList({ args: [file = 'names.txt'], log }: HandlerContext): void {
  const lines = readFileSync(file, 'utf8').split('\n');
  names = new Set(lines.map((line) => line.trim().toLowerCase()).filter((line) => line !== ''));
  log(`${names.size} names`);
}

/** The labels of the name asked for, and where its type follows; RFC 1035 §4.1.2. */
function question(message: Uint8Array): { labels: string[]; end: number } | undefined {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = message[at++]; length !== 0; length = message[at++]) {
    if (length === undefined || length > 63) return undefined;
    labels.push(latin1(message.subarray(at, at + length)).toLowerCase());
    at += length;
  }
  return { labels, end: at };
}

const isListed = (labels: readonly string[]): boolean =>
  labels.some((_, i) => names.has(labels.slice(i).join('.')));

export default defineHandler({
  match: 'udp sport 53',
  open: readList,
  reload: readList,
  handle(packet) {
    const asked = question(packet.payload);
    if (asked === undefined || !isListed(asked.labels)) return;
    const answer = packet.payload.slice(0, asked.end + 4);
    put16(answer, 2, (u16(answer, 2) & ~RCODE) | NXDOMAIN);
    // The question stays; there are no answers, authorities and additional records.
    answer.set([0, 1, 0, 0, 0, 0, 0, 0], 4);
    packet.payload = answer;
  },
});
