// queue: nft_queue.c, nf_queue.c and include/net/netfilter/nf_queue.h say what is right; the statement is
// not built into the kernel that judges the rest.

import { describe, expect, test } from 'vitest';
import type { HookEntry, HookPoint, Packet } from '../core/index.ts';
import { type Lab, loadRuleset, openLab } from './index.ts';

const NETWORK = {
  interfaces: [
    { name: 'eth0', addresses: ['10.0.0.1/24', '2001:db8::1/64'], arp: 'static' },
    { name: 'eth1', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'], arp: 'static' },
  ],
  sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
} as const;

const chain = (hook: string, priority: number, rules: string): string =>
  `chain c${hook}${priority < 0 ? 'early' : ''} { type filter hook ${hook} priority ${priority}; policy accept;\n${rules}\n}\n`;

const lab = (...chains: readonly string[]): Lab =>
  openLab({ ruleset: `table inet t {\n${chains.join('')}}`, network: NETWORK });

interface Kept {
  readonly packet: Packet;
  readonly num: number;
  readonly point: HookPoint;
  readonly entries: readonly HookEntry[];
  readonly next: number;
}

/** Somebody who takes what comes for some queues. */
function listen(one: Lab, takes: (num: number) => boolean = () => true): Kept[] {
  const kept: Kept[] = [];
  one.firewall.netns.hooks.queues = {
    enqueue: (packet, num, point, entries, next) => {
      if (!takes(num)) return false;
      kept.push({ packet, num, point, entries, next });
      return true;
    },
  };
  return kept;
}

const counts = (one: Lab, name: string): number[] =>
  one.firewall.engine
    .list()
    .tables[0]!.chains.find((c) => c.name === name)!
    .rules.flatMap((r) => r.exprs.flatMap((e) => (e.kind === 'counter' ? [e.packets] : [])));

const UDP = 'udp 10.0.0.2:1 > 192.0.2.2:53, in eth0';
const fate = (one: Lab, packet = UDP): string => one.send(packet)[0]!.outcome.fate;

describe('nobody listens', () => {
  test('without bypass the packet is dropped, and no later chain sees it', () => {
    const one = lab(chain('forward', 0, 'queue num 3'), chain('postrouting', 0, 'counter'));
    expect(fate(one)).toBe('dropped');
    expect(counts(one, 'cpostrouting')).toEqual([0]);
  });

  test('with bypass the rules behind it are not asked, but the next chain is', () => {
    const one = lab(
      chain('forward', -10, 'queue num 3 bypass\ncounter drop'),
      chain('forward', 0, 'counter'),
    );
    expect(fate(one)).toBe('forwarded');
    expect([counts(one, 'cforwardearly'), counts(one, 'cforward')]).toEqual([[0], [1]]);
  });

  test('somebody who listens on another queue is nobody', () => {
    const one = lab(chain('forward', 0, 'queue num 3'));
    listen(one, (num) => num === 4);
    expect(fate(one)).toBe('dropped');
  });
});

describe('somebody listens', () => {
  test('the packet is kept, and goes on behind the chain that queued it', () => {
    const one = lab(
      chain('forward', -10, 'counter queue num 3'),
      chain('forward', 0, 'counter'),
      chain('postrouting', 0, 'counter'),
    );
    const kept = listen(one);
    expect(fate(one)).toBe('queued');
    expect([counts(one, 'cforward'), counts(one, 'cpostrouting')]).toEqual([[0], [0]]);
    const { packet, point, entries, next, num } = kept[0]!;
    expect(num).toBe(3);
    const { netns, stack } = one.firewall;
    expect(netns.hooks.resume(point, packet, entries, next).kind).toBe('accept');
    stack.proceed(packet, point);
    expect([
      counts(one, 'cforwardearly'),
      counts(one, 'cforward'),
      counts(one, 'cpostrouting'),
    ]).toEqual([[1], [1], [1]]);
  });
});

/** Numbers that flows of a hundred hosts come to, there and back. */
function numbers(
  rule: string,
  there: (i: number) => string,
  back: (i: number) => string,
): number[] {
  const one = lab(chain('prerouting', 0, rule));
  const kept = listen(one);
  for (let i = 2; i < 102; i++) {
    one.send(there(i));
    one.send(back(i));
  }
  return kept.map(({ num }) => num);
}

describe.each([
  [
    'IPv4',
    (i: number) => `udp 10.0.0.${i}:1 > 192.0.2.2:53, in eth0`,
    (i: number) => `tcp 192.0.2.2:9 > 10.0.0.${i}:7 syn, in eth1`,
  ],
  [
    'IPv6',
    (i: number) => `udp [2001:db8::${i}]:1 > [2001:db8:1::2]:53, in eth0`,
    (i: number) => `tcp [2001:db8:1::2]:9 > [2001:db8::${i}]:7 syn, in eth1`,
  ],
])('a range of queues, %s', (name, there, back) => {
  const found = numbers('queue num 10-17', there, name === 'IPv4' ? (i) => there(i) : back);

  test('every queue of it is used, and no other', () => {
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
  });

  test('two hosts have one queue, both ways', () => {
    for (let i = 0; i < found.length; i += 2) expect(found[i]).toBe(found[i + 1]);
  });

  test('by processor it is the first, for there is only one', () => {
    expect(new Set(numbers('queue flags fanout num 10-17', there, back))).toEqual(new Set([10]));
  });
});

test('the number may come from a map', () => {
  const one = lab(chain('prerouting', 0, 'queue to udp dport map { 53 : 5, 54 : 6 }'));
  const kept = listen(one);
  one.send(UDP);
  one.send(UDP.replace(':53', ':54'));
  one.send(UDP.replace(':53', ':55'));
  expect(kept.map(({ num }) => num)).toEqual([5, 6]);
});

test('the number may be counted', () => {
  const one = lab(chain('prerouting', 0, 'queue to numgen inc mod 3 offset 4'));
  const kept = listen(one);
  for (let i = 0; i < 4; i++) one.send(UDP);
  expect(kept.map(({ num }) => num)).toEqual([4, 5, 6, 4]);
});

test.each([
  [
    'in family netdev',
    'table netdev t { chain c { type filter hook ingress device "eth0" priority 0; queue } }',
  ],
  ['in family arp', 'table arp t { chain c { type filter hook input priority 0; queue } }'],
  [
    'at ingress',
    'table inet t { chain c { type filter hook ingress device "eth0" priority 0; queue } }',
  ],
  ['a range that goes down', 'table ip t { chain c { queue num 5-4 } }'],
  ['a number that is too big', 'table ip t { chain c { queue num 65536 } }'],
])('refused: %s', (_name, text) => {
  expect(loadRuleset([{ name: 'r', text }]).failed).toBe(true);
});
