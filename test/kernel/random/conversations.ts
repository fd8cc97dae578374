// Random TCP: two peers that mostly keep to RFC 9293, on a network that loses, repeats and reorders,
// with somebody now and then sending what no peer would.

import type { Random } from '../../../src/core/index.ts';
import type { Case, Step } from '../case.ts';
import { pick } from './words.ts';

const CLIENT = '10.0.0.2:40000';
const SERVER = '192.0.2.2:80';
/** The client as the server sees it behind the router's masquerade. */
const TRANSLATED = '192.0.2.1:40000';

const odds = (r: Random, percent: number): boolean => r.below(100) < percent;

/** One end of the connection. */
interface Peer {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  /** Sequence number of the next byte it sends. */
  next: number;
  /** The first byte not acknowledged to it yet: where retransmissions begin. */
  acked: number;
  /** What it expects of the other. */
  expected: number;
  readonly options: string;
  readonly window: number;
  opened: boolean;
  finished: boolean;
}

const add = (a: number, b: number): number => (a + b) >>> 0;

function peer(r: Random, link: string, from: string, to: string): Peer {
  const isn = pick(r, [1000, 5000, 0, 4294967290, 2147483640]);
  const sack = pick(r, ['', ' sack', ' sack ts 100 0']);
  return {
    link,
    from,
    to,
    next: isn,
    acked: isn,
    expected: 0,
    options: `${pick(r, ['', ' mss 1460'])}${sack}${pick(r, ['', ' wscale 7', ' wscale 14', ' wscale 2'])}`,
    window: pick(r, [0, 100, 1000, 29200, 65535]),
    opened: false,
    finished: false,
  };
}

interface Segment {
  readonly by: Peer;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly more: string;
}

const written = ({ by, flags, seq, ack, length, more }: Segment) => ({
  on: by.link,
  packet: `tcp ${by.from} > ${by.to} ${flags} seq ${seq}${/ack/.test(flags) ? ` ack ${ack}` : ''} win ${by.window}${more}${length > 0 ? ` len ${length}` : ''}`,
});

/** What the peer would say next; it remembers having said it. */
function proper(r: Random, by: Peer, other: Peer): Segment {
  const base = { by, seq: by.next, ack: by.expected, length: 0, more: '' };
  if (!by.opened) {
    by.opened = true;
    by.next = add(by.next, 1);
    return { ...base, flags: other.opened ? 'syn,ack' : 'syn', more: by.options };
  }
  if (by.finished || odds(r, 30)) return { ...base, flags: 'ack', more: sackOf(r, by) };
  if (odds(r, 12)) {
    by.finished = true;
    by.next = add(by.next, 1);
    return { ...base, flags: 'fin,ack' };
  }
  const length = pick(r, [1, 10, 500, 1400]);
  by.next = add(by.next, length);
  return { ...base, flags: pick(r, ['psh,ack', 'ack']), length };
}

/** Blocks beyond what it expects; now and then ones that cannot be. */
function sackOf(r: Random, by: Peer): string {
  if (!by.options.includes('sack') || odds(r, 70)) return '';
  const from = add(by.expected, pick(r, [10, 1400, 100000]));
  return ` nop nop sack ${from}-${add(from, pick(r, [10, 1400]))}`;
}

/** Something that is not next: retransmitted, mistaken, forged. */
function improper(r: Random, by: Peer): Segment {
  const base = { by, seq: by.next, ack: by.expected, length: 0, more: '' };
  const off = pick(r, [1, 100, 70000, 4000000, 2147483647]);
  const make: (() => Segment)[] = [
    () => ({ ...base, seq: by.acked, flags: 'ack', length: 10 }),
    () => ({ ...base, seq: by.acked, flags: 'syn', more: by.options }),
    () => ({ ...base, seq: add(by.next, off), flags: 'ack', length: pick(r, [0, 10]) }),
    () => ({ ...base, seq: add(by.next, -off), flags: 'ack', length: pick(r, [0, 10]) }),
    () => ({ ...base, ack: add(by.expected, off), flags: 'ack' }),
    () => ({ ...base, ack: add(by.expected, -off), flags: 'psh,ack', length: 10 }),
    () => ({ ...base, flags: 'rst' }),
    () => ({ ...base, flags: 'rst,ack' }),
    () => ({ ...base, seq: add(by.next, off), flags: 'rst' }),
    () => ({ ...base, seq: by.acked, flags: 'syn,ack', more: by.options }),
    () => ({
      ...base,
      flags: pick(r, ['fin', 'none', 'syn,fin', 'urg,psh,fin', 'psh', 'syn,psh']),
    }),
    () => ({ ...base, flags: 'ack', length: 5, more: ' sum 0xbad' }),
    () => ({ ...base, flags: 'syn', seq: add(by.next, off), more: by.options }),
    () => ({ ...base, flags: 'ack', seq: add(by.next, -1), length: 1 }),
  ];
  return pick(r, make)();
}

/** An ICMP error about the last segment, from a router behind, or a hop limit that runs out here. */
function complaint(r: Random, about: Segment, other: Peer): Step {
  const kind = pick(r, [
    'host-unreachable',
    'port-unreachable',
    'ttl-exceeded',
    'frag-needed mtu 1000',
  ]);
  const { by } = about;
  const [link, host] = by.link === 'eth0' ? ['eth1', '192.0.2.7'] : ['eth0', '10.0.0.7'];
  // Behind the router the segment has the addresses that the other peer knows.
  const quoted = written({ ...about, by: { ...by, from: other.to, to: other.from } });
  const to = other.to.replace(/:\d+$/, '');
  return { on: link, packet: `icmp ${host} > ${to} ${kind} about (${quoted.packet})` };
}

/** The segment has arrived: the other side knows of it. */
function arrived({ by, flags, seq, length }: Segment, other: Peer): void {
  const end = add(seq, length + (/syn|fin/.test(flags) ? 1 : 0));
  const starts = /syn/.test(flags) && !/ack/.test(flags);
  if (starts || ((end - other.expected) | 0) > 0 || other.expected === 0) other.expected = end;
  by.acked = seq;
}

const STATES = ['new', 'established', 'related', 'invalid'];
const ON_FORWARD = STATES.map((s) => `ct state ${s} counter`).join('\n');
const MASQUERADE =
  'table ip nat { chain post { type nat hook postrouting priority 100; oifname "eth1" masquerade\n } }';

/** What a conversation goes through: how strict the tracker is, and whether there is NAT. */
export function talk(r: Random): Omit<Case, 'steps'> {
  const filter = `table inet t { chain f { type filter hook forward priority 0; policy accept;\n${ON_FORWARD}\n${
    odds(r, 30) ? 'ct state invalid drop' : ''
  }\n } }\n`;
  return {
    name: 'random conversation',
    chance: ['port'],
    ruleset: odds(r, 25) ? filter + MASQUERADE : filter,
    sysctl: {
      'net.netfilter.nf_conntrack_tcp_be_liberal': odds(r, 15) ? 1 : 0,
      'net.netfilter.nf_conntrack_tcp_loose': odds(r, 15) ? 0 : 1,
      'net.netfilter.nf_conntrack_tcp_ignore_invalid_rst': odds(r, 15) ? 1 : 0,
      'net.netfilter.nf_conntrack_tcp_max_retrans': pick(r, [3, 3, 1]),
    },
  };
}

/** `n` packets of one connection attempt, some of them not quite of it. */
export function conversation(r: Random, n: number, { ruleset = '' }: Omit<Case, 'steps'>): Step[] {
  const client = peer(r, 'eth0', CLIENT, SERVER);
  const server = peer(r, 'eth1', SERVER, ruleset.includes('masquerade') ? TRANSLATED : CLIENT);
  /** Nothing goes wrong at first, so that most conversations get somewhere. */
  const calm = pick(r, [0, 3, 3, 5, 8]);
  const late: Step[] = [];
  const steps: Step[] = [];
  while (steps.length < n) {
    const [by, other] = turn(r, client, server);
    const rough = steps.length >= calm;
    const segment = rough && odds(r, 20) ? improper(r, by) : proper(r, by, other);
    const fate = rough ? r.below(100) : 50;
    if (fate < 6) continue;
    const step = written(segment);
    if (fate < 12) late.push(step);
    else steps.push(step, ...(fate < 16 ? [step] : []));
    arrived(segment, other);
    if (fate > 94) steps.push(complaint(r, segment, other));
    if (late.length > 0 && odds(r, 40)) steps.push(late.shift()!);
  }
  return steps
    .slice(0, n)
    .flatMap((step, i): Step[] => (i % 4 === 3 ? [step, { look: 'conntrack' }] : [step]));
}

/** Who speaks: in turns while the connection opens, then either. */
function turn(r: Random, client: Peer, server: Peer): [Peer, Peer] {
  const first = client.opened ? server.opened && odds(r, 50) : true;
  return first ? [client, server] : [server, client];
}
