// Rarer matches than those of matches.ts.

import { ADDRESSES4, OPS, ORDERS, type Part, PORTS, pick } from './words.ts';

/** Rarer matches: options, headers, bytes at odd places, arithmetic, hashes. */
export const ODD_MATCHES: readonly Part[] = [
  {
    l3: 'ip',
    l4: '',
    make: (r) =>
      `ip option ${pick(r, ['ra', 'rr', 'lsrr', 'ssrr'])} ${pick(r, ['exists', 'missing'])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `ip hdrlength ${pick(r, ORDERS)}${pick(r, [5, 6])}` },
  { l3: 'ip', l4: '', make: (r) => `ip version ${pick(r, OPS)}4` },
  { l3: 'ip', l4: '', make: (r) => `ip ecn ${pick(r, OPS)}${pick(r, ['not-ect', 'ce'])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 flowlabel ${pick(r, ORDERS)}${pick(r, [0, 5])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 length ${pick(r, ORDERS)}${pick(r, [8, 20, 28])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 ecn ${pick(r, OPS)}${pick(r, ['not-ect', 'ce'])}` },
  {
    l3: 'ip6',
    l4: '',
    make: (r) =>
      `exthdr ${pick(r, ['hbh', 'dst', 'rt', 'frag'])} ${pick(r, ['exists', 'missing'])}`,
  },
  { l3: 'ip6', l4: '', make: (r) => `hbh nexthdr ${pick(r, OPS)}${pick(r, ['udp', 'tcp'])}` },
  { l3: 'ip6', l4: '', make: (r) => `frag frag-off ${pick(r, ORDERS)}${pick(r, [0, 3])}` },
  { l3: 'ip6', l4: '', make: (r) => `frag more-fragments ${pick(r, [0, 1])}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp doff ${pick(r, ORDERS)}${pick(r, [5, 6, 8])}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp ackseq ${pick(r, ORDERS)}${pick(r, [0, 1001, 5001])}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp urgptr ${pick(r, ORDERS)}0` },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp checksum ${pick(r, ['!= ', '< '])}${pick(r, [2989, 40000])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp option window count ${pick(r, ORDERS)}${pick(r, [5, 7])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp option timestamp tsval ${pick(r, ORDERS)}${pick(r, [0, 100])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp option ${pick(r, [2, 3, 5, 8, 254])} ${pick(r, ['exists', 'missing'])}`,
  },
  { l3: '', l4: 'tcp', make: (r) => `tcp option maxseg length ${pick(r, OPS)}4` },
  { l3: '', l4: 'udp', make: (r) => `udp length ${pick(r, ORDERS)}${pick(r, [8, 11, 48])}` },
  { l3: '', l4: 'udp', make: (r) => `udp checksum ${pick(r, ['', '!= '])}${pick(r, [0, 2989])}` },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp code ${pick(r, ORDERS)}${pick(r, [0, 1])}` },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp sequence ${pick(r, ORDERS)}1` },
  { l3: 'ip6', l4: 'icmp', make: (r) => `icmpv6 id ${pick(r, ORDERS)}${pick(r, [1, 7])}` },
  {
    l3: 'ip',
    l4: 'icmp',
    make: (r) => `icmp type != ${pick(r, ['destination-unreachable', 'time-exceeded'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `@${pick(r, ['nh', 'th'])},${r.below(100)},${1 + r.below(32)} ${pick(r, ['', '!= ', '> ', '< '])}${pick(r, [0, 1])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `@ll,${pick(r, [0, 40, 48, 88])},8 ${pick(r, ORDERS)}${pick(r, [0, 1, 2])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark ${pick(r, ['and 0xff', 'or 0x10', 'xor 0x3', '& 0xfe | 0x1'])} ${pick(r, ORDERS)}${pick(r, ['0x0', '0x1', '0x2', '0x10'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `meta mark ${pick(r, OPS)}${pick(r, ['1-2', '0-255', '256-65536'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `ct mark & 0x${pick(r, ['1', 'ff'])} ${pick(r, ['==', '!='])} ${pick(r, [0, 1])}`,
  },
  { l3: '', l4: '', make: (r) => `ct zone ${pick(r, OPS)}${pick(r, [0, 1])}` },
  { l3: '', l4: '', make: (r) => `ct avgpkt ${pick(r, ['> ', '< '])}${pick(r, [30, 60])}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `ct ${pick(r, ['original', 'reply'])} bytes ${pick(r, ['> ', '< '])}${pick(r, [30, 100])}`,
  },
  {
    l3: 'ip',
    l4: '',
    make: (r) =>
      `ct ${pick(r, ['original', 'reply'])} ip ${pick(r, ['saddr', 'daddr'])} ${pick(r, OPS)}${pick(r, ADDRESSES4)}`,
  },
  { l3: 'any', l4: '', make: (r) => `ct l3proto ${pick(r, ['ipv4', 'ipv6'])}` },
  { l3: 'any', l4: '', make: (r) => `meta protocol ${pick(r, OPS)}${pick(r, ['ip', 'ip6'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `meta priority ${pick(r, OPS)}${pick(r, ['none', '1:1', '1:2'])}`,
  },
  {
    l3: 'any',
    l4: '',
    make: (r) =>
      `ether ${pick(r, ['saddr', 'daddr'])} ${pick(r, OPS)}02:00:00:00:0${pick(r, [1, 2])}:0${r.below(3)}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `numgen inc mod ${pick(r, [2, 3])} ${pick(r, ORDERS)}${pick(r, [0, 1])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `jhash ip saddr mod 3 seed 0x${1 + r.below(9)} ${r.below(3)}` },
  {
    l3: 'ip',
    l4: 'th',
    make: (r) => `jhash ip saddr . ip daddr . th dport mod 2 seed 0x5 ${pick(r, OPS)}0`,
  },
  { l3: 'ip6', l4: '', make: (r) => `jhash ip6 saddr mod 3 seed 0x7 ${r.below(3)}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `limit rate ${pick(r, ['', 'over '])}1 bytes/hour burst ${pick(r, [50, 120, 300])} bytes`,
  },
  {
    l3: 'ip',
    l4: '',
    make: (r) =>
      `rt ip nexthop ${pick(r, OPS)}${pick(r, ['192.0.2.2', '192.0.2.254', '10.0.0.2'])}`,
    hooks: ['forward', 'output', 'postrouting'],
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib daddr . iif type ${pick(r, ['unicast', 'local'])}`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib daddr oifname ${pick(r, OPS)}${pick(r, ['"eth0"', '"eth1"'])}`,
    hooks: ['prerouting'],
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib saddr . mark oif ${pick(r, ['exists', 'missing'])}`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  {
    l3: 'ip',
    l4: 'tcp',
    make: (r) =>
      `ip saddr . tcp sport . tcp dport { ${pick(r, ADDRESSES4)} . 1-50000 . ${pick(r, PORTS)} }`,
  },
  {
    l3: 'ip',
    l4: '',
    make: (r) =>
      `ip saddr . ip daddr ${pick(r, OPS)}{ ${pick(r, ADDRESSES4)} . ${pick(r, ADDRESSES4)}, 10.0.0.2 . 192.0.2.2 }`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `meta mark . ct mark ${pick(r, OPS)}{ 0 . 0, 1 . ${r.below(3)} }`,
  },
  {
    l3: '',
    l4: 'th',
    make: (r) => `iifname . th dport { "eth0" . ${pick(r, PORTS)}, "eth1" . ${pick(r, PORTS)} }`,
  },
];
