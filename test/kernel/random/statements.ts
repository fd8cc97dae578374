// Random statements: what a rule does before its verdict.

import { ADDRESSES4, type Part, PORTS, pick } from './words.ts';

/** What a rule does before its verdict. */
/**
 * Where IPv6 headers may be written: conntrack leaves the sum of the packet in the skb, the kernel does not
 * correct it for them, and a packet of more than 76 bytes for the router itself is then thrown away.
 */
const LATE = ['forward', 'output', 'postrouting'];

export const STATEMENTS: readonly Part[] = [
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark set ${pick(r, ['1', '2', 'meta mark | 0x1', 'ct mark', 'meta mark & 0xfe'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `ct mark set ${pick(r, ['1', '2', 'meta mark', 'ct mark | 0x2'])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `ip ttl set ${pick(r, [9, 64, 200])}` },
  { l3: 'ip', l4: '', make: (r) => `ip dscp set ${pick(r, ['cs1', 'ef', 'cs0'])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 hoplimit set ${pick(r, [9, 64])}`, hooks: LATE },
  { l3: 'ip6', l4: '', make: (r) => `ip6 dscp set ${pick(r, ['cs1', 'ef'])}`, hooks: LATE },
  { l3: '', l4: 'udp', make: (r) => `udp dport set ${pick(r, PORTS)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp window set ${pick(r, [100, 2000])}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp option maxseg size set ${pick(r, [1200, 1460])}` },
  { l3: '', l4: '', make: (r) => `meta priority set 1:${pick(r, [1, 2])}` },
  { l3: '', l4: 'udp', make: () => 'meta mark set udp dport map { 53 : 1, 80 : 2 }' },
  { l3: 'ip', l4: '', make: (r) => `ip id set ${r.below(3)}` },
  { l3: 'ip', l4: '', make: (r) => `ip ecn set ${pick(r, ['ce', 'not-ect'])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 flowlabel set ${r.below(9)}`, hooks: LATE },
  { l3: '', l4: 'tcp', make: (r) => `tcp ${pick(r, ['sport', 'dport'])} set ${pick(r, PORTS)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp sequence set ${pick(r, [1, 1000])}` },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `reset tcp option ${pick(r, ['sack-perm', 'timestamp', 'window'])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: () => 'tcp option maxseg size set rt mtu',
    hooks: ['forward', 'output', 'postrouting'],
  },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp id set ${pick(r, [1, 9])}` },
  { l3: 'ip', l4: '', make: (r) => `ip saddr set ${pick(r, ADDRESSES4)}` },
  { l3: 'ip', l4: '', make: (r) => `ip daddr set ${pick(r, ADDRESSES4)}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark set ${pick(r, ['meta mark << 1', 'meta mark ^ 0x3', 'ct mark & 0xf', 'numgen inc mod 3', 'meta mark >> 1', 'ct mark << 4'])}`,
  },
  { l3: 'ip', l4: '', make: () => 'meta mark set jhash ip saddr mod 4 seed 0x3' },
  {
    l3: '',
    l4: '',
    make: (r) => `meta pkttype set ${pick(r, ['unicast', 'broadcast'])}`,
    hooks: ['prerouting'],
  },
  { l3: '', l4: '', make: () => 'notrack', hooks: ['raw'] },
  { l3: '', l4: '', make: (r) => `ct zone set ${pick(r, [1, 2])}`, hooks: ['raw'] },
  {
    l3: '',
    l4: '',
    make: (r) => `ct original zone set 3`.replace('3', `${1 + r.below(3)}`),
    hooks: ['raw'],
  },
  { l3: '', l4: '', make: () => 'ct mark set meta mark | 0x1' },
  { l3: '', l4: '', make: (r) => `log prefix "${r.below(9)} "` },
];
