// The namespace the cases run in: a router with three links and a default route.
//
//   lan eth0 10.0.0.1/24    2001:db8::1/64     hosts .2 … .9
//   wan eth1 192.0.2.1/24   2001:db8:1::1/64   hosts .2 … .9, default route via .254
//   dmz eth2 10.0.2.1/24    2001:db8:2::1/64   hosts .2 … .9

import type { Interface, Topology } from './case.ts';

const hosts = [2, 3, 4, 5, 6, 7, 8, 9];

const link = (i: number, net4: string, net6: string, more: readonly string[] = []): Interface => ({
  name: `eth${i}`,
  mac: `02:00:00:00:01:0${i}`,
  peerMac: `02:00:00:00:02:0${i}`,
  addresses: [`${net4}.1/24`, `${net6}::1/64`],
  neighbours: [...hosts.map((h) => `${net4}.${h}`), ...hosts.map((h) => `${net6}::${h}`), ...more],
});

export const ROUTER: Topology = {
  interfaces: [
    link(0, '10.0.0', '2001:db8'),
    link(1, '192.0.2', '2001:db8:1', ['192.0.2.254', '2001:db8:1::fe']),
    link(2, '10.0.2', '2001:db8:2'),
  ],
  routes: [
    { to: '0.0.0.0/0', via: '192.0.2.254', dev: 'eth1' },
    { to: '::/0', via: '2001:db8:1::fe', dev: 'eth1' },
    { to: '198.51.100.0/24', type: 'unreachable' },
    { to: '203.0.113.0/28', type: 'blackhole' },
    { to: '203.0.113.16/28', type: 'prohibit' },
  ],
};

/** What every case starts from; a case's own sysctls go over these. */
export const SYSCTL: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
  'net.ipv4.conf.all.rp_filter': 0,
  'net.ipv4.conf.default.rp_filter': 0,
  'net.ipv4.icmp_ratelimit': 0,
  'net.ipv4.icmp_msgs_per_sec': 1_000_000,
  'net.ipv4.icmp_msgs_burst': 100_000,
  'net.ipv6.icmp.ratelimit': 0,
  'net.ipv4.conf.all.send_redirects': 0,
  'net.ipv4.conf.default.send_redirects': 0,
  // Flow labels of the kernel's own packets are a hash with a random secret.
  'net.ipv6.auto_flowlabels': 0,
  'net.netfilter.nf_conntrack_acct': 1,
};
