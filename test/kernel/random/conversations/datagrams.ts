// Conversations of datagrams: UDP in streams and alone, echoes, and what is tracked by its addresses.

import type { Random } from '../../../../src/core/index.ts';
import { pick } from '../words.ts';
import { at, type Endpoint, isV6, type Say, WRONG_SUM } from './place.ts';

export type Datagram = 'udp' | 'udplite' | 'echo' | 'gre' | 'esp' | 'dccp' | 'other';

export const DATAGRAMS: readonly Datagram[] = [
  'udp',
  'udp',
  'udp',
  'echo',
  'echo',
  'udplite',
  'gre',
  'esp',
  'dccp',
  'other',
];

const SIZES = ['', ' len 1', ' len 100', ' len 1200', ' data "query"'];
const HARM = ['', '', '', '', '', '', '', WRONG_SUM, ' ttl 1', ' dscp 46'];
const ECHO_HARM = HARM.filter((word) => !word.includes('dscp'));

const pair = (from: Endpoint, to: Endpoint): string => `${from.address} > ${to.address}`;

function echo(r: Random, id: number, first: boolean): Say {
  const kind = first ? 'echo-request' : 'echo-reply';
  // Now and then the wrong way round, or of nobody's request.
  const word = pick(r, [
    kind,
    kind,
    kind,
    kind,
    first ? 'echo-reply' : 'echo-request',
    'type 15',
    'type 14',
    'type 17',
  ]);
  const number = pick(r, [id, id, id, id, id + 1]);
  const rest = `seq ${r.below(3)}${pick(r, SIZES)}${pick(r, ECHO_HARM)}`;
  return (from, to) =>
    `${isV6(from.address) ? 'icmp6' : 'icmp'} ${pair(from, to)} ${word} id ${number} ${rest}`;
}

function dccp(r: Random, first: boolean): Say {
  const type = first
    ? pick(r, ['request', 'request', 'ack', 'dataack', 'close', 'reset'])
    : pick(r, ['response', 'response', 'dataack', 'closereq', 'sync']);
  return (from, to) => `dccp ${at(from)} > ${at(to)} ${type} seq 100 ack 5 service 1`;
}

/** The next datagram of a conversation; `first` speaks who began it. */
export function datagram(r: Random, kind: Datagram, id: number, first: boolean): Say {
  const more = `${pick(r, SIZES)}${pick(r, HARM)}`;
  switch (kind) {
    case 'udp': {
      const sum = pick(r, ['', '', '', ' nosum']);
      return (from, to) => `udp ${at(from)} > ${at(to)}${more}${/sum/.test(more) ? '' : sum}`;
    }
    case 'udplite': {
      const coverage = pick(r, [0, 8, 8, 12, 4]);
      return (from, to) => `udplite ${at(from)} > ${at(to)} coverage ${coverage} len 20${more}`;
    }
    case 'echo':
      return echo(r, id, first);
    case 'gre': {
      const key = pick(r, ['', ` key ${id}`]);
      return (from, to) => `gre ${pair(from, to)}${key} carrying (udp 1.1.1.1:1 > 2.2.2.2:2)`;
    }
    case 'esp':
      return (from, to) => `esp ${pair(from, to)} spi ${id} seq 1`;
    case 'dccp':
      return dccp(r, first);
    default: {
      const words = pick(r, ['', ' ttl 1', ' len 1', ' len 40']);
      return (from, to) =>
        `${isV6(from.address) ? 'ip6' : 'ip'} ${pair(from, to)} proto 253${words}`;
    }
  }
}
