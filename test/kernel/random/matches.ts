// Random matches. Each says which protocols a rule must be about for nft to take it.

import {
  ADDRESSES4,
  address4,
  address6,
  CT_STATES,
  OPS,
  ORDERS,
  type Part,
  PORTS,
  pick,
  ports,
  set,
  tcpFlags,
} from './words.ts';

export const MATCHES: readonly Part[] = [
  { l3: 'ip', l4: '', make: (r) => `ip saddr ${address4(r)}` },
  { l3: 'ip', l4: '', make: (r) => `ip daddr ${address4(r)}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 saddr ${address6(r)}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 daddr ${address6(r)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp dport ${ports(r)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp sport ${ports(r)}` },
  { l3: '', l4: 'udp', make: (r) => `udp dport ${ports(r)}` },
  { l3: '', l4: 'udp', make: (r) => `udp sport ${ports(r)}` },
  { l3: '', l4: 'th', make: (r) => `th dport ${pick(r, OPS)}${pick(r, PORTS)}` },
  { l3: '', l4: 'tcp', make: (r) => `tcp flags ${tcpFlags(r)}` },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp window ${pick(r, ORDERS)}${pick(r, [0, 100, 1024, 64240])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp sequence ${pick(r, ORDERS)}${pick(r, [1000, 5000, 4294967295])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) => `tcp option maxseg size ${pick(r, ORDERS)}${pick(r, [1400, 1460])}`,
  },
  {
    l3: '',
    l4: 'tcp',
    make: (r) =>
      `tcp option ${pick(r, ['sack-perm', 'window', 'timestamp', 'maxseg'])} ${pick(r, ['exists', 'missing'])}`,
  },
  { l3: 'ip', l4: '', make: (r) => `ip ttl ${pick(r, ORDERS)}${pick(r, [1, 2, 63, 64])}` },
  { l3: 'ip6', l4: '', make: (r) => `ip6 hoplimit ${pick(r, ORDERS)}${pick(r, [1, 2, 63, 64])}` },
  {
    l3: 'ip',
    l4: '',
    make: (r) => `ip dscp ${pick(r, OPS)}${pick(r, ['cs0', 'cs1', 'ef', 'af41'])}`,
  },
  { l3: 'ip6', l4: '', make: (r) => `ip6 dscp ${pick(r, OPS)}${pick(r, ['cs0', 'cs1', 'ef'])}` },
  { l3: 'ip', l4: '', make: (r) => `ip length ${pick(r, ORDERS)}${pick(r, [28, 40, 60])}` },
  { l3: 'ip', l4: '', make: (r) => `ip id ${pick(r, OPS)}4660` },
  {
    l3: 'ip',
    l4: '',
    make: (r) => `ip frag-off & 0x${pick(r, ['4000', '1fff', '2000'])} ${pick(r, ['==', '!='])} 0`,
  },
  {
    l3: 'ip',
    l4: 'any',
    make: (r) => `ip protocol ${pick(r, ['tcp', 'udp', 'icmp', '{ tcp, udp }', '!= tcp'])}`,
  },
  {
    l3: 'ip6',
    l4: 'any',
    make: (r) => `ip6 nexthdr ${pick(r, ['tcp', 'udp', 'ipv6-icmp', '!= tcp'])}`,
  },
  {
    l3: 'ip',
    l4: 'icmp',
    make: (r) =>
      `icmp type ${pick(r, ['echo-request', 'echo-reply', '{ echo-request, echo-reply }'])}`,
  },
  {
    l3: 'ip6',
    l4: 'icmp',
    make: (r) =>
      `icmpv6 type ${pick(r, ['echo-request', 'echo-reply', '{ echo-request, echo-reply }'])}`,
  },
  { l3: 'ip', l4: 'icmp', make: (r) => `icmp id ${pick(r, ORDERS)}${pick(r, [1, 7])}` },
  {
    l3: '',
    l4: 'any',
    make: (r) =>
      `meta l4proto ${pick(r, ['tcp', 'udp', 'icmp', 'ipv6-icmp', '{ tcp, udp }', '!= udp'])}`,
  },
  { l3: 'any', l4: '', make: (r) => `meta nfproto ${pick(r, ['ipv4', 'ipv6'])}` },
  { l3: '', l4: '', make: (r) => `meta length ${pick(r, ORDERS)}${pick(r, [28, 40, 60, 100])}` },
  { l3: '', l4: '', make: (r) => `meta mark ${pick(r, ORDERS)}${pick(r, [0, 1, 2, 255])}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta mark & 0x${pick(r, ['1', 'ff', 'fe'])} ${pick(r, ['==', '!='])} ${pick(r, [0, 1])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `meta pkttype ${pick(r, ['unicast', 'broadcast', '!= unicast', '{ unicast, multicast }'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `iifname ${pick(r, OPS)}${pick(r, ['"eth0"', '"eth1"', '"eth*"', '{ "eth0", "eth2" }'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `oifname ${pick(r, OPS)}${pick(r, ['"eth0"', '"eth1"', '"lo"'])}`,
  },
  { l3: '', l4: '', make: (r) => `iif ${pick(r, OPS)}${pick(r, ['"eth0"', '"lo"'])}` },
  { l3: '', l4: '', make: (r) => `ct state ${pick(r, OPS)}${pick(r, CT_STATES)}` },
  { l3: '', l4: '', make: (r) => `ct state ${set(r, CT_STATES)}` },
  {
    l3: '',
    l4: '',
    make: (r) => `ct state ${pick(r, ['established,related', 'new,untracked', 'invalid,new'])}`,
  },
  { l3: '', l4: '', make: (r) => `ct direction ${pick(r, ['original', 'reply'])}` },
  {
    l3: '',
    l4: '',
    make: (r) =>
      `ct status ${pick(r, ['seen-reply', 'assured', 'confirmed', 'snat', 'dnat', '!= seen-reply'])}`,
  },
  { l3: '', l4: '', make: (r) => `ct mark ${pick(r, ORDERS)}${pick(r, [0, 1, 2])}` },
  { l3: '', l4: 'any', make: (r) => `ct protocol ${pick(r, ['tcp', 'udp', 'icmp'])}` },
  { l3: '', l4: 'th', make: (r) => `ct original proto-dst ${pick(r, PORTS)}` },
  { l3: '', l4: 'th', make: (r) => `ct reply proto-src ${pick(r, PORTS)}` },
  { l3: '', l4: '', make: (r) => `ct original packets ${pick(r, ['> ', '< '])}${pick(r, [1, 2])}` },
  { l3: '', l4: '', make: (r) => `ct bytes ${pick(r, ['> ', '< '])}${pick(r, [50, 100])}` },
  { l3: '', l4: '', make: (r) => `@th,${pick(r, [0, 16])},16 ${pick(r, OPS)}${pick(r, PORTS)}` },
  {
    l3: '',
    l4: '',
    make: (r) => `@nh,${pick(r, [0, 8])},8 ${pick(r, ['!= ', '> '])}${pick(r, [0, 69, 96])}`,
  },
  { l3: '', l4: '', make: (r) => `@th,64,8 ${pick(r, ORDERS)}${pick(r, [0, 97])}` },
  {
    l3: 'ip',
    l4: 'tcp',
    make: (r) =>
      `ip saddr . tcp dport { ${pick(r, ADDRESSES4)} . ${pick(r, PORTS)}, 10.0.0.3 . 22 }`,
  },
  {
    l3: 'ip',
    l4: 'udp',
    make: (r) =>
      `ip saddr . udp dport { 10.0.0.0/${pick(r, [24, 29, 30])} . ${pick(r, ['1-100', '53', '1000-50000'])}, 192.0.2.2 . 53 }`,
  },
  {
    l3: 'ip',
    l4: 'any',
    make: (r) => `iifname . ip protocol { "eth0" . ${pick(r, ['tcp', 'udp'])}, "eth1" . icmp }`,
  },
  { l3: '', l4: '', make: (r) => `fib saddr type ${pick(r, ['unicast', 'local', '!= unicast'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `fib daddr type ${pick(r, ['unicast', 'local', 'broadcast', '!= local'])}`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `fib saddr . iif oif ${pick(r, ['exists', 'missing'])}`,
    hooks: ['prerouting', 'input', 'forward'],
  },
  { l3: 'ip6', l4: '', make: (r) => `exthdr frag ${pick(r, ['exists', 'missing'])}` },
  {
    l3: '',
    l4: '',
    make: (r) => `limit rate ${pick(r, ['', 'over '])}1/hour burst ${pick(r, [1, 2, 3])} packets`,
  },
  {
    l3: '',
    l4: '',
    make: (r) => `quota ${pick(r, ['over', 'until'])} ${pick(r, [60, 100, 200])} bytes`,
  },
];
