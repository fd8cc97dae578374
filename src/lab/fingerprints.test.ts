import { expect, test } from 'vitest';
import { renderTrace } from '../trace/index.ts';
import { openLab } from './index.ts';

const lab = (rule: string) =>
  openLab({
    ruleset: `table inet t { chain c { type filter hook prerouting priority 0;\n${rule}\n} }`,
    network: {
      interfaces: [
        { name: 'eth0', addresses: ['10.0.0.1/24', '2001:db8::1/64'] },
        { name: 'eth1', addresses: ['192.0.2.1/24', '2001:db8:1::1/64'] },
      ],
    },
    fingerprints: 'S4:64:1:60:M*,S,T,N,W7:Linux:2.6::Linux 2.6',
  });

const LINUX = 'df win 5840 mss 1460 sackok ts 1 0 nop wscale 7, in eth0';
const FROM = 'tcp 10.0.0.2:1 > 192.0.2.2:80';

const traced = (rule: string, packet: string): string => renderTrace(lab(rule).send(packet)[0]!);

test('a system that is known is dropped by its name', () => {
  const packet = `${FROM} syn ${LINUX} ttl 64`;
  expect(traced('osf name "Linux" drop', packet)).toContain('dropped');
  expect(traced('osf version "Linux:2.6" drop', packet)).toContain('dropped');
});

test.each([
  ['another system', `${FROM} syn ${LINUX} ttl 63`, 'osf "unknown" ≠ "Linux"'],
  ['no SYN', `${FROM} ack ${LINUX}`, 'only a SYN has a fingerprint'],
  ['UDP', 'udp 10.0.0.2:1 > 192.0.2.2:80, in eth0', 'not TCP'],
  ['IPv6', 'tcp [2001:db8::2]:1 > [2001:db8:1::2]:80 syn, in eth0', 'fingerprints are of IPv4'],
])('why it is not dropped: %s', (_name, packet, why) => {
  const text = traced('osf name "Linux" drop', packet);
  expect(text).toContain(why);
  expect(text).not.toContain('depends');
});
