import { expect, test } from 'vitest';
import { renderTrace } from '../trace/index.ts';
import { openLab } from './index.ts';

function traced(rule: string, words: string): string {
  const lab = openLab({
    ruleset: `table inet t { chain c { type filter hook prerouting priority 0;\n${rule} drop\n} }`,
    network: { interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] },
  });
  return renderTrace(lab.send(`udp 10.0.0.2:1 > 10.0.0.1:2, in eth0 ${words}`)[0]!);
}

test.each([
  ['meta ipsec exists', 'ipsec 7'],
  ['meta ipsec missing', ''],
  ['ipsec in spi 7', 'ipsec 7'],
  ['ipsec in reqid 3', 'ipsec 7 reqid 3'],
  ['ipsec in spnum 1 spi 9', 'ipsec 7 ipsec 9'],
])('%s of a packet with "%s"', (rule, words) => {
  expect(traced(rule, words)).toContain('dropped');
});

test.each([
  ['ipsec in spi 7', '', 'not transformed by IPsec'],
  ['ipsec in spnum 1 spi 7', 'ipsec 7', 'not transformed by IPsec'],
  ['ipsec in ip saddr 10.0.0.9', 'ipsec 7', 'no tunnel, so no addresses'],
])('why %s of a packet with "%s" is nothing', (rule, words, why) => {
  const text = traced(rule, words);
  expect(text).toContain(why);
  expect(text).not.toContain('dropped');
});

test('a tunnel has addresses, of its own family', () => {
  const tunnel = { source: Uint8Array.of(10, 0, 0, 9), destination: Uint8Array.of(10, 0, 0, 1) };
  const rules = [
    ['ipsec in ip saddr 10.0.0.9', true],
    ['ipsec in ip daddr 10.0.0.1', true],
    ['ipsec in ip6 daddr ::1', false],
  ] as const;
  for (const [rule, dropped] of rules) {
    const { firewall } = openLab({
      ruleset: `table inet t { chain c { type filter hook prerouting priority 0;\n${rule} drop\n} }`,
      network: { interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] },
    });
    const packet = Uint8Array.of(
      ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x66, 0xcf, 10, 0, 0, 2, 10, 0, 0, 1],
      ...[0, 1, 0, 2, 0, 8, 0, 0],
    );
    const device = firewall.stack.interfaceNamed('eth0').device;
    const secpath = [{ spi: 7, reqid: 1, tunnel }];
    firewall.inject({ packet, protocol: 0x0800 }, device, { secpath });
    expect(firewall.stack.drops.has('NETFILTER_DROP'), rule).toBe(dropped);
  }
});
