// Any bytes: no target throws, and each gives a verdict.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createConntrack } from '../../../conntrack/index.ts';
import { createDevice, Packet } from '../../../core/index.ts';
import { createNat } from '../../../nat/index.ts';
import type { HookName, XtInfo } from '../../../program/index.ts';
import { bench } from '../../test-support.ts';

const MAC = '020000000909';
const NET6 = '20010db8000000000000000000000000';
const NAT_IP = { flags: 3, minAddr: '0a000001', maxAddr: '0a000009', minProto: 1, maxProto: 9 };

/** A target, where it may stand, and the protocol its rule has to be about. */
type Sample = readonly [
  name: string,
  info: XtInfo,
  family: keyof typeof ETHERTYPES,
  table: string,
  hook: HookName,
  protocol?: number,
];

const HMARK = {
  flags: 0x1c3,
  srcMask: 'f'.repeat(32),
  dstMask: 'f'.repeat(32),
  srcPortMask: 0xffff,
  dstPortMask: 0xffff,
  srcPortSet: 0,
  dstPortSet: 0,
  protoMask: 0xffff,
  hashrnd: 7,
  hmodulus: 9,
  hoffset: 1,
};
const NPT = { srcPfx: NET6, dstPfx: NET6, srcPfxLen: 64, dstPfxLen: 64 };

const SAMPLES: readonly Sample[] = [
  ['AUDIT', { type: 'drop' }, 'ip', 'filter', 'forward'],
  ['CHECKSUM', { operation: 'fill' }, 'ip6', 'mangle', 'forward'],
  ['CLASSIFY', { priority: 65536 }, 'ip', 'filter', 'forward'],
  [
    'CONNMARK',
    { mode: 'save', ctmark: 0, ctmask: 1, nfmask: 1, shiftDir: 'left', shiftBits: 3 },
    'ip',
    'mangle',
    'prerouting',
  ],
  ['CONNSECMARK', { mode: 'save' }, 'ip', 'mangle', 'forward'],
  [
    'CT',
    { flags: 0, zone: 5, ctEvents: 0, expEvents: 0, helper: '', timeout: '' },
    'ip',
    'raw',
    'prerouting',
  ],
  ['NOTRACK', {}, 'ip6', 'raw', 'output'],
  ['DSCP', { dscp: 5 }, 'ip', 'mangle', 'forward'],
  ['DSCP', { dscp: 5 }, 'ip6', 'mangle', 'forward'],
  ['TOS', { tosValue: 5, tosMask: 0xff }, 'ip', 'mangle', 'forward'],
  ['ECN', { operation: 0x31, ipEct: 1, ece: 0, cwr: 1 }, 'ip', 'mangle', 'forward', 6],
  ['HMARK', HMARK, 'ip', 'mangle', 'forward'],
  ['HMARK', HMARK, 'ip6', 'mangle', 'forward'],
  ['LOG', { level: 4, logflags: 0, prefix: 'x' }, 'ip', 'filter', 'forward'],
  ['MARK', { mark: 1, mask: 0xff }, 'ip', 'filter', 'forward'],
  ['DNAT', NAT_IP, 'ip', 'nat', 'prerouting'],
  ['SNAT', NAT_IP, 'ip', 'nat', 'postrouting'],
  ['REDIRECT', { flags: 0 }, 'ip', 'nat', 'prerouting'],
  ['NETMAP', NAT_IP, 'ip', 'nat', 'prerouting'],
  ['NFQUEUE', { queuenum: 1, queuesTotal: 5, flags: 0 }, 'ip6', 'filter', 'forward'],
  ['SNPT', NPT, 'ip6', 'mangle', 'postrouting'],
  ['DNPT', NPT, 'ip6', 'mangle', 'prerouting'],
  ['REJECT', { with: 'icmp-port-unreachable' }, 'ip', 'filter', 'forward'],
  ['SYNPROXY', { options: 0x0f, wscale: 7, mss: 1460 }, 'ip', 'filter', 'forward', 6],
  ['TCPMSS', { mss: 100 }, 'ip', 'mangle', 'forward', 6],
  ['TCPMSS', { mss: 0xffff }, 'ip6', 'mangle', 'forward', 6],
  ['TCPOPTSTRIP', { options: [2, 3, 4, 8] }, 'ip', 'mangle', 'forward', 6],
  ['TCPOPTSTRIP', { options: [2, 3, 4, 8] }, 'ip6', 'mangle', 'forward', 6],
  ['TEE', { gw: '0a000001', oif: '' }, 'ip', 'mangle', 'forward'],
  [
    'TPROXY',
    { markMask: 1, markValue: 1, laddr: '00000000', lport: 5 },
    'ip',
    'mangle',
    'prerouting',
    6,
  ],
  ['TTL', { mode: 'dec', ttl: 3 }, 'ip', 'mangle', 'forward'],
  ['HL', { mode: 'inc', ttl: 3 }, 'ip6', 'mangle', 'forward'],
  ['mark', { action: 'or', mark: 5, target: 'continue' }, 'bridge', 'filter', 'forward'],
  ['dnat', { mac: MAC, target: 'continue' }, 'bridge', 'nat', 'prerouting'],
  ['snat', { mac: MAC, target: 'continue', arp: true }, 'bridge', 'nat', 'postrouting'],
  ['redirect', { target: 'continue' }, 'bridge', 'nat', 'prerouting'],
  ['arpreply', { mac: MAC, target: 'drop' }, 'bridge', 'nat', 'prerouting', 0x0806],
  ['mangle', { srcIp: '0a000001', tgtDevaddr: MAC, target: 'continue' }, 'arp', 'filter', 'output'],
];

const ETHERTYPES = { ip: 0x0800, ip6: 0x86dd, arp: 0x0806, bridge: 0x0806 } as const;

/** Random bytes behind a link header, with a beginning that fits the family. */
function packetOf(family: keyof typeof ETHERTYPES, all: Uint8Array): Packet {
  const bytes = all.slice();
  const protocol = bytes[0]! % 3 === 0 ? 6 : bytes[0]! % 3 === 1 ? 17 : bytes[1]!;
  if (family === 'ip') bytes.set([0x45, 0, 0, bytes.length, 0, 0, 0, 0, 64, protocol]);
  if (family === 'ip6') bytes.set([0x60, 0, 0, 0, 0, bytes.length - 40, protocol]);
  if (family === 'bridge' || family === 'arp') bytes.set([0, 1, 8, 0, bytes[4]! % 9, 4, 0, 1]);
  const frame = new Uint8Array(14 + bytes.length);
  frame.set(bytes, 14);
  const packet = new Packet();
  packet.fill(frame, 14);
  packet.protocol = ETHERTYPES[family];
  return packet;
}

const CASES = SAMPLES.map(([name, info, family, table, hook, protocol = 0]) => ({
  name,
  info,
  family,
  table,
  hook,
  protocol,
}));

test.each(CASES)('$name of family $family', ({ name, info, family, table, hook, protocol }) => {
  const b = bench((netns) => {
    const conntrack = createConntrack(netns);
    return { conntrack, nat: createNat(netns, conntrack) };
  });
  const bridge = b.netns.devices.add(createDevice({ index: 9, name: 'br0', kind: 'bridge' }));
  b.eth0.master = bridge;
  b.nft.apply([
    { op: 'newtable', create: false, family, table: { name: table, flags: [] } },
    {
      op: 'newchain',
      create: false,
      family,
      table,
      chain: {
        name: 'c',
        flags: [],
        base: {
          type: table === 'nat' && family !== 'bridge' ? 'nat' : 'filter',
          hook,
          priority: 0,
          devices: [],
        },
      },
    },
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
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 120 }), fc.boolean(), (all, traced) => {
      b.netns.tracer = traced ? { enterHook: () => {}, leaveHook: () => {}, emit: () => {} } : null;
      const packet = packetOf(family, all);
      packet.iif = b.eth0;
      packet.oif = b.eth1;
      const { kind } = b.netns.hooks.run(
        b.netns.hooks.point(family as keyof typeof ETHERTYPES, hook),
        packet,
      );
      expect(['accept', 'drop', 'stolen', 'queue']).toContain(kind);
    }),
    { numRuns: 60 },
  );
});
