import { expect, test } from 'vitest';
import { openLab } from './lab.ts';

const NETWORK = {
  interfaces: [
    { name: 'lan', arp: 'static', addresses: ['10.0.0.1/24'] },
    { name: 'wan', arp: 'static', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'] },
  ],
  routes: [{ to: 'default', via: '192.0.2.254' }],
  sysctl: { 'net.ipv4.ip_forward': 1 },
} as const;
const MASQUERADE =
  'table inet n { chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }; }';
const OUT = 'udp 10.0.0.2:1000 > 198.51.100.1:53, in lan';

const lab = () => openLab({ ruleset: MASQUERADE, network: NETWORK });
const entries = (l: ReturnType<typeof lab>): number =>
  [...l.firewall.conntrack.connections.dump()].length;

test.each([
  { name: 'the interface goes down', command: 'ip link set wan down' },
  { name: 'so, without the name of the tool', command: 'link set dev wan down' },
  { name: 'its address goes', command: 'ip addr del 192.0.2.1/24 dev wan' },
])('a masqueraded connection ends when $name', ({ command }) => {
  const l = lab();
  l.send(OUT);
  expect(entries(l)).toBe(1);
  l.ip(command);
  expect(entries(l)).toBe(0);
});

test('it stays when another interface goes down', () => {
  const l = lab();
  l.send(OUT);
  l.ip('ip link set lan down');
  expect(entries(l)).toBe(1);
});

test('an interface that comes up again has its networks, and routes when they are added', () => {
  const l = lab();
  l.ip('ip link set wan down');
  expect(l.send(OUT)[0]!.outcome.fate).toBe('dropped');
  l.ip('ip link set wan up');
  expect(l.send(OUT)[0]!.outcome.fate).toBe('dropped');
  l.ip('ip route add default via 192.0.2.254');
  expect(l.send(OUT)[0]!.outcome.fate).toBe('forwarded');
});

test('an address that is added answers', () => {
  const l = lab();
  const ping = 'ping 10.0.0.2 > 10.0.0.9, in lan';
  expect(l.send(ping)[0]!.outcome.fate).toBe('forwarded');
  l.ip('ip addr add 10.0.0.9/24 dev lan');
  expect(l.send(ping)[0]!.outcome.fate).toBe('delivered');
});

test.each([
  { command: 'ip link set eth9 down', says: 'eth9' },
  { command: 'ip link set wan', says: 'up or down' },
  { command: 'ip addr add 10.0.0.1/24', says: 'dev INTERFACE' },
  { command: 'ip route add default via', says: "nothing follows 'via'" },
  { command: 'ip tunnel add x', says: 'not understood' },
])('$command is refused', ({ command, says }) => {
  expect(() => lab().ip(command)).toThrow(says);
});
