// NFQUEUE: hands the packet to a program (libxt_NFQUEUE.c).

import type { NfqueueInfo, XtRange } from '../../program/index.ts';
import {
  extension,
  type Given,
  IP_FAMILIES,
  rangeIn,
  uint,
  words,
  wrong,
} from '../extension/index.ts';

const BYPASS = 1;
const CPU_FANOUT = 2;

/** First and last queue: at least two, and not all there are. */
function balance(word: string): XtRange {
  const range = word.includes(':') ? rangeIn(word, 0xffff) : undefined;
  if (range === undefined || range.min === range.max) return wrong(`"${word}" is not first:last`);
  return range.max - range.min === 0xffff ? wrong('a range of more than 65535 queues') : range;
}

function build(given: Given): NfqueueInfo {
  const range = given.value<XtRange>('queue-balance');
  return {
    queuenum: range?.min ?? given.value<number>('queue-num') ?? 0,
    queuesTotal: range === undefined ? 1 : range.max - range.min + 1,
    flags:
      (given.has('queue-bypass') ? BYPASS : 0) | (given.has('queue-cpu-fanout') ? CPU_FANOUT : 0),
  };
}

const last = ({ queuenum, queuesTotal }: NfqueueInfo): number => queuenum + queuesTotal - 1;

const nftFlags = (flags: number): string =>
  words((flags & BYPASS) !== 0 && 'bypass', (flags & CPU_FANOUT) !== 0 && 'fanout').replace(
    ' ',
    ',',
  );

export const nfqueue = extension<NfqueueInfo>({
  kind: 'target',
  name: 'NFQUEUE',
  families: [...IP_FAMILIES, 'arp'],
  rev: 3,
  options: [
    {
      name: 'queue-num',
      parse: uint(0xffff),
      excludes: ['queue-balance'],
      about: 'number of the queue',
    },
    {
      name: 'queue-balance',
      parse: ([word = '']) => balance(word),
      excludes: ['queue-num'],
      about: 'first:last  queues that share the flows',
    },
    { name: 'queue-bypass', about: 'go on if nobody listens' },
    { name: 'queue-cpu-fanout', needs: ['queue-balance'], about: 'choose the queue by processor' },
  ],
  build,
  save: (info) =>
    words(
      info.queuesTotal > 1
        ? `--queue-balance ${info.queuenum}:${last(info)}`
        : `--queue-num ${info.queuenum}`,
      (info.flags & BYPASS) !== 0 && '--queue-bypass',
      (info.flags & CPU_FANOUT) !== 0 && '--queue-cpu-fanout',
    ),
  list: (info) =>
    words(
      'NFQUEUE',
      info.queuesTotal > 1 ? `balance ${info.queuenum}:${last(info)}` : `num ${info.queuenum}`,
      (info.flags & BYPASS) !== 0 && 'bypass',
      (info.flags & CPU_FANOUT) !== 0 && 'cpu-fanout',
    ),
  translate: (info) =>
    words(
      `queue num ${info.queuenum}${info.queuesTotal > 1 ? `-${last(info)}` : ''}`,
      nftFlags(info.flags),
    ),
});
