import { expect, test } from 'vitest';
import { openLab } from './lab.ts';

const RULES = `table inet f {
  chain forward { type filter hook forward priority 0; ct state invalid drop; }
}`;
const network = {
  sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
  interfaces: [
    { name: 'lan', addresses: ['10.0.0.1/24', '2001:db8::1/64'], arp: 'static' },
    { name: 'wan', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'], arp: 'static' },
    { name: 'thin', addresses: ['198.51.100.1/24'], mtu: 1400, arp: 'static' },
  ],
} as const;

const FROM = 'tcp 10.0.0.2:4000 >';

/** What captures have of hosts that put segments together (GRO): longer than the MTU, the checksum not finished. */
test.each([
  {
    name: 'goes on as it came',
    packet: `${FROM} 192.0.2.2:80 ack df len 4000 sum 0x1234`,
    ends: 'forwarded',
  },
  {
    name: 'goes on over IPv6',
    packet: 'tcp [2001:db8::2]:4000 > [2001:db8:1::2]:80 ack len 4000 sum 0x1234',
    ends: 'forwarded',
  },
  {
    name: 'does not go on where its segments are too long',
    packet: `${FROM} 198.51.100.2:80 ack df len 4000`,
    ends: 'dropped',
  },
  {
    name: 'is none when it is a datagram',
    packet: 'udp 10.0.0.2:4000 > 192.0.2.2:80 df len 4000',
    ends: 'dropped',
  },
])('a large packet $name', ({ packet, ends }) => {
  const [trace] = openLab({ ruleset: RULES, network }).send(`${packet}, in lan`);
  expect(trace?.outcome.fate).toBe(ends);
});
