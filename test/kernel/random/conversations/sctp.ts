// Random SCTP: an association that mostly follows RFC 9260 §4, with chunks at the wrong time and
// verification tags that belong to the other side, to an older association or to nobody.

import type { Random } from '../../../../src/core/index.ts';
import { pick } from '../words.ts';
import { at, type Say, WRONG_SUM } from './place.ts';

export interface Association {
  /** Initiate tags of who began and of who answered. */
  tags: readonly [number, number];
  /** How far it has come along its usual course. */
  stage: number;
}

/** Who speaks next, and what, where nothing goes wrong. */
const COURSE: readonly (readonly [speaker: 0 | 1, chunk: string])[] = [
  [0, 'init'],
  [1, 'init-ack'],
  [0, 'cookie-echo'],
  [1, 'cookie-ack'],
  [0, 'data "x"'],
  [1, 'sack'],
  [1, 'heartbeat'],
  [0, 'heartbeat-ack'],
  [0, 'shutdown'],
  [1, 'shutdown-ack'],
  [0, 'shutdown-complete'],
];

const CHUNKS = [...COURSE.map(([, chunk]) => chunk), 'abort', 'error', 'heartbeat', 'init'];
/** Chunks that may share a packet (RFC 9260 §6.10). */
const COMPANIONS = ['', '', '', ' sack', ' data "y"', ' heartbeat', ' init', ' shutdown'];

export const association = (r: Random): Association => ({
  tags: [pick(r, [0x1111, 0x5555]), pick(r, [0x2222, 0x5555])],
  stage: pick(r, [0, 0, 0, 0, 0, 2, 4, 6]),
});

/** INIT is for an association that has no tag yet (RFC 9260 §8.5.1). */
const properTag = (chunk: string, tags: readonly [number, number], by: 0 | 1): number =>
  chunk === 'init' ? 0 : tags[1 - by]!;

export interface SctpTurn {
  readonly by: 0 | 1;
  readonly say: Say;
}

const packet =
  (chunks: string, vtag: number, tag: number, more = ''): Say =>
  (from, to) =>
    `sctp ${at(from)} > ${at(to)} ${chunks} vtag ${vtag} tag ${tag}${more}`;

/** The next packet of the association. */
export function sctpTurn(r: Random, one: Association): SctpTurn {
  if (r.below(100) < 70) {
    const [by, chunk] = COURSE[one.stage % COURSE.length]!;
    one.stage += pick(r, [1, 1, 1, 1, 1, 0]);
    return { by, say: packet(chunk, properTag(chunk, one.tags, by), one.tags[by]) };
  }
  const by = r.below(2) as 0 | 1;
  const chunk = pick(r, CHUNKS);
  const right = properTag(chunk, one.tags, by);
  const vtag = pick(r, [right, right, right, 0, one.tags[by], 0x7777]);
  const tag = pick(r, [one.tags[by], one.tags[by], 0x9999, 0]);
  // INIT, INIT ACK and SHUTDOWN COMPLETE travel alone; here not always.
  const more = `${pick(r, COMPANIONS)}${pick(r, ['', '', ' t-bit'])}${pick(r, ['', '', '', '', WRONG_SUM])}`;
  return { by, say: packet(chunk, vtag, tag, more) };
}
