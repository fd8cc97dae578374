// The network each firewall stands in: where its interfaces lead, as its rules expect it.

import type { Interface, Topology } from '../case.ts';
import { ROUTER } from '../topology.ts';

/** Whoever is asked for is there, so that nobody is asked. */
const HOSTS = Array.from({ length: 253 }, (_, i) => i + 2);

function link(
  i: number,
  name: string,
  net: string,
  own: string,
  more: readonly string[] = [],
): Interface {
  const [six = '', first = ''] = more;
  return {
    name,
    mac: `02:00:00:00:01:0${i}`,
    peerMac: `02:00:00:00:02:0${i}`,
    addresses: [own, ...(first === '' ? [] : [first])],
    neighbours: [
      ...HOSTS.map((host) => `${net}.${host}`),
      ...(six === '' ? [] : HOSTS.map((host) => `${six}::${host.toString(16)}`)),
    ],
  };
}

const WAN = {
  ...link(0, 'eth0', '192.0.2', '192.0.2.1/24', ['2001:db8:1', '2001:db8:1::1/64']),
};
const BEYOND = [
  { to: '0.0.0.0/0', via: '192.0.2.200', dev: 'eth0' },
  { to: '::/0', via: '2001:db8:1::c8', dev: 'eth0' },
];

const behindWan = (...others: readonly Interface[]): Topology => ({
  interfaces: [WAN, ...others],
  routes: BEYOND,
});

/** Names of bridges that have no ports here: what is behind them is behind a link. */
const DOCKER0 = link(1, 'docker0', '172.17.0', '172.17.0.1/16');

/** As the suite's router, with somebody at the addresses the rules name. */
const ROUTED: Topology = {
  ...ROUTER,
  interfaces: ROUTER.interfaces.map((one, i) => {
    const net = ['10.0.0', '192.0.2', '10.0.2'][i]!;
    const six = ['2001:db8', '2001:db8:1', '2001:db8:2'][i]!;
    const neighbours = HOSTS.flatMap((h) => [`${net}.${h}`, `${six}::${h.toString(16)}`]);
    return { ...one, neighbours };
  }),
};

export const NETWORKS: Readonly<Record<string, Topology>> = {
  docker: behindWan(
    DOCKER0,
    link(2, 'br-3f2a9c1d7e44', '172.18.0', '172.18.0.1/16'),
    link(3, 'br-b81c02aa5d10', '172.19.0', '172.19.0.1/16'),
  ),
  'docker-ipset': behindWan(
    DOCKER0,
    link(2, 'br-77aa10c2f3e9', '172.20.0', '172.20.0.1/16', ['fd00:db8:20', 'fd00:db8:20::1/64']),
  ),
  kubernetes: behindWan(link(1, 'cni0', '10.244.1', '10.244.1.1/24')),
  fail2ban: ROUTED,
  'fail2ban-ipset': ROUTED,
  ufw: ROUTED,
  shorewall: ROUTED,
  csf: ROUTED,
  script: ROUTED,
  hosting: ROUTED,
};
