// What targets do to packets; the kernel suite says the same of the kernel (test/kernel/cases).

import { expect, test } from 'vitest';
import { Packet } from '../../../core/index.ts';
import { isNotationError, notationOf, parsePacketNotation } from '../../../packet/index.ts';
import type { HookName, XtInfo } from '../../../program/index.ts';
import { TransactionError } from '../../index.ts';
import { bench } from '../../test-support.ts';

interface Rule {
  readonly name: string;
  readonly info: XtInfo;
  readonly table?: string;
  readonly hook?: HookName;
  readonly protocol?: number;
  readonly family?: 'ip' | 'ip6';
}

function load(rule: Rule) {
  const { name, info, table = 'mangle', hook = 'forward', protocol = 0, family = 'ip' } = rule;
  const b = bench();
  const base = { type: 'filter', hook, priority: 0, devices: [] } as const;
  b.nft.apply([
    { op: 'newtable', create: false, family, table: { name: table, flags: [] } },
    { op: 'newchain', create: false, family, table, chain: { name: 'c', flags: [], base } },
    {
      op: 'newrule',
      family,
      table,
      chain: 'c',
      where: 'add',
      rule: {
        exprs: [{ kind: 'target', name, rev: 0, info }],
        ...(protocol === 0 ? {} : { compat: { protocol, invert: false } }),
      },
    },
  ]);
  return b;
}

/** The packet behind the rule, in the notation. */
function through(rule: Rule, notation: string): string {
  const b = load(rule);
  const spec = parsePacketNotation(notation);
  if (isNotationError(spec)) throw new Error(spec.message);
  const packet = new Packet();
  packet.fill(spec.bytes, 0);
  packet.protocol = rule.family === 'ip6' ? 0x86dd : 0x0800;
  [packet.iif, packet.oif] = [b.eth0, b.eth1];
  const { family = 'ip', hook = 'forward' } = rule;
  const verdict = b.netns.hooks.run(b.netns.hooks.point(family, hook), packet);
  return verdict.kind === 'accept' ? notationOf(packet.networkBytes().slice()) : verdict.kind;
}

const SYN = 'tcp 10.0.0.1:1 > 10.0.0.2:80 syn seq 1 win 9';

test.each<readonly [what: string, rule: Rule, packet: string, want: string]>([
  [
    'TTL less',
    { name: 'TTL', info: { mode: 'dec', ttl: 4 } },
    'udp 10.0.0.1:1 > 10.0.0.2:2 ttl 64',
    'ttl 60',
  ],
  [
    'TTL no further than 0',
    { name: 'TTL', info: { mode: 'dec', ttl: 99 } },
    'udp 10.0.0.1:1 > 10.0.0.2:2 ttl 64',
    'ttl 0',
  ],
  [
    'DSCP keeps the bits of ECN',
    { name: 'DSCP', info: { dscp: 46 } },
    'udp 10.0.0.1:1 > 10.0.0.2:2 tos 0x03',
    'tos 0xbb',
  ],
  [
    'TCPMSS lowers',
    { name: 'TCPMSS', info: { mss: 1000 }, protocol: 6 },
    `${SYN} mss 1460`,
    'mss 1000',
  ],
  [
    'TCPMSS never raises',
    { name: 'TCPMSS', info: { mss: 1000 }, protocol: 6 },
    `${SYN} mss 900`,
    'mss 900',
  ],
  [
    'TCPMSS adds no more than the default',
    { name: 'TCPMSS', info: { mss: 1000 }, protocol: 6 },
    SYN,
    'mss 536',
  ],
  [
    'TCPOPTSTRIP leaves no-operations',
    { name: 'TCPOPTSTRIP', info: { options: [4] }, protocol: 6 },
    `${SYN} mss 1460 nop nop sackok`,
    'mss 1460 nop nop nop nop',
  ],
  [
    'REJECT drops',
    { name: 'REJECT', info: { with: 'icmp-port-unreachable' }, table: 'filter' },
    SYN,
    'drop',
  ],
])('%s', (_, rule, packet, want) => {
  expect(through(rule, packet)).toContain(want);
});

test.each<readonly [what: string, rule: Rule, why: string]>([
  [
    'DSCP outside mangle',
    { name: 'DSCP', info: { dscp: 1 }, table: 'filter' },
    'only works in table mangle',
  ],
  ['a code point there is not', { name: 'DSCP', info: { dscp: 64 } }, 'no code point 64'],
  [
    'REJECT in postrouting',
    {
      name: 'REJECT',
      info: { with: 'icmp-port-unreachable' },
      table: 'filter',
      hook: 'postrouting',
    },
    'cannot be reached from postrouting',
  ],
  [
    'a reset of what is not TCP',
    { name: 'REJECT', info: { with: 'tcp-reset' }, table: 'filter' },
    'needs a rule about TCP',
  ],
  [
    'TCPMSS of what is not TCP',
    { name: 'TCPMSS', info: { mss: 1 } },
    'needs a rule about protocol 6',
  ],
  [
    'a clamp where routes are not known',
    { name: 'TCPMSS', info: { mss: 0xffff }, protocol: 6, hook: 'prerouting' },
    'cannot be reached from prerouting',
  ],
  ['HL of IPv4', { name: 'HL', info: { mode: 'set', ttl: 1 } }, 'is not of family ip'],
])('%s is refused', (_, rule, why) => {
  expect(() => load(rule)).toThrow(TransactionError);
  expect(() => load(rule)).toThrow(why);
});
