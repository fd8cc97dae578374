// What a person is told of words that mean something elsewhere, or are nearly right.

import { expect, test } from 'vitest';
import { compileLine, type XtFamily } from '../index.ts';

function told(line: string, family: XtFamily = 'ip'): string | undefined {
  const { diagnostics } = compileLine(line.split(' '), { family });
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  return problem?.hint ?? problem?.suggestion;
}

test.each<[string, XtFamily, string]>([
  ['-A INPUT --dport 22', 'ip', 'it belongs to -p dccp, -p sctp, -p tcp, -p udp'],
  ['-A INPUT --dports=22', 'ip', 'it belongs to -m multiport'],
  ['-A INPUT --to-ports 22', 'ip', 'it belongs to -j MASQUERADE, -j REDIRECT'],
  ['-A INPUT --icmpv6-type 1', 'ip', 'ip6tables has it, with -m icmp6'],
  ['-A INPUT -j DNPT', 'ip', 'ip6tables has it, iptables has not'],
  ['-A INPUT -m realm', 'ip6', 'iptables has it, ip6tables has not'],
  ['-t raw -A INPUT', 'ip', 'table raw has PREROUTING, OUTPUT'],
])('%s, asked of %s: %s', (line, family, want) => {
  expect(told(line, family)).toBe(want);
});

test.each([
  ['-A INPUT -p tcp --dprot 22', '--dport'],
  ['-A INPUT -m conntrack --ctstate RELATED,NWE', 'RELATED,NEW'],
  ['-A INPUT -p tcp --dport htpp', 'http'],
  ['-A INPUT -j LOG --log-level wrning', 'warning'],
  ['-A INPUT -j REJECT --reject-with icmp-prt-unreachable', 'icmp-port-unreachable'],
  ['-A INPUT -p icmp --icmp-type echo-reqest', 'echo-request'],
  ['-A INPUT -m addrtype --dst-type LOCL', 'LOCAL'],
  ['-A INPUT -j ACEPT', 'ACCEPT'],
  ['-A INPTU -j ACCEPT', 'INPUT'],
])('%s: did you mean %s', (line, want) => {
  expect(told(line)).toBe(want);
});
