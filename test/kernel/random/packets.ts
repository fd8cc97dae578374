// Random packets that random rulesets have something to say about: new flows, answers to earlier
// packets, odd flags, small hop limits, wrong checksums.

import type { Random } from '../../../src/core/index.ts';
import type { Step } from '../case.ts';
import { ADDRESSES4, ADDRESSES6, PORTS, pick } from './grammar.ts';

const LINK_OF: readonly [RegExp, string][] = [
  [/^10\.0\.0\.|^2001:db8::/, 'eth0'],
  [/^10\.0\.2\.|^2001:db8:2:/, 'eth2'],
  [/./, 'eth1'],
];
const linkOf = (address: string): string => LINK_OF.find(([net]) => net.test(address))![1];
const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

interface Flow {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6';
  readonly from: string;
  readonly to: string;
  readonly sport: number;
  readonly dport: number;
}

const TCP_FLAGS = [
  'syn',
  'syn',
  'syn',
  'ack',
  'syn,ack',
  'psh,ack',
  'fin,ack',
  'rst',
  'rst,ack',
  'fin',
  'urg,psh,fin',
];
/** What a packet may carry besides; the empty ones keep most packets ordinary. */
const EXTRAS = [
  '',
  '',
  '',
  '',
  '',
  '',
  ' ttl 1',
  ' ttl 2',
  ' dscp 46',
  ' data "abc"',
  ' len 40',
  ' len 100',
  ' id 4660',
  ' df',
  ' sum 0xbad',
];
const V6_EXTRAS = EXTRAS.filter((e) => !/ id | df/.test(e));

function newFlow(r: Random): Flow {
  const v6 = r.below(3) === 0;
  const pool = v6 ? ADDRESSES6 : ADDRESSES4;
  // The router's own addresses are destinations, never sources of what arrives.
  const from = pick(
    r,
    pool.filter((a) => !/[.:]1$/.test(a)),
  );
  const to = pick(
    r,
    pool.filter((a) => linkOf(a) !== linkOf(from) || /[.:]1$/.test(a)),
  );
  const protocol = pick(r, ['tcp', 'tcp', 'udp', 'udp', v6 ? 'icmp6' : 'icmp'] as const);
  return { protocol, from, to, sport: pick(r, PORTS), dport: pick(r, PORTS) };
}

const turned = (f: Flow): Flow => ({
  ...f,
  from: f.to,
  to: f.from,
  sport: f.dport,
  dport: f.sport,
});

function notation(r: Random, f: Flow, answer: boolean): string {
  const extra = pick(r, f.from.includes(':') ? V6_EXTRAS : EXTRAS);
  if (f.protocol === 'udp') return `udp ${at(f.from, f.sport)} > ${at(f.to, f.dport)}${extra}`;
  if (f.protocol !== 'tcp')
    return `${f.protocol} ${f.from} > ${f.to} ${answer ? 'echo-reply' : 'echo-request'} id ${pick(r, [1, 7])} seq 1${extra}`;
  const flags = answer ? pick(r, ['syn,ack', 'ack', 'rst,ack', ...TCP_FLAGS]) : pick(r, TCP_FLAGS);
  const seq = pick(r, [1000, 1001, 5000, 5001]);
  const ack = flags.includes('ack') ? ` ack ${pick(r, [1001, 5001, 6001])}` : '';
  const options = flags.startsWith('syn')
    ? pick(r, ['', ' mss 1460', ' mss 1400 sack wscale 7'])
    : '';
  return `tcp ${at(f.from, f.sport)} > ${at(f.to, f.dport)} ${flags} seq ${seq}${ack} win ${pick(r, [0, 1024, 64240])}${options}${extra}`;
}

/** A conversation of `n` packets: new flows, repeats and answers mixed. */
export function randomSteps(r: Random, n: number): Step[] {
  const flows: Flow[] = [];
  return Array.from({ length: n }, () => {
    const known = flows.length > 0 && r.below(2) === 0;
    const flow = known ? pick(r, flows) : newFlow(r);
    if (!known) flows.push(flow);
    const answer = known && r.below(3) > 0 && !/[.:]1$/.test(flow.to);
    const sent = answer ? turned(flow) : flow;
    return { on: linkOf(sent.from), packet: notation(r, sent, answer) };
  });
}
