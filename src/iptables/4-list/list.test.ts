import { expect, test } from 'vitest';
import { compileLine, type XtFamily } from '../index.ts';
import { programOf } from '../test-support.ts';

/** What the list of a chain says behind the addresses of its one rule. */
function listed(family: XtFamily, table: string, rule: string, numeric: boolean): string {
  const { program } = programOf(family, [`-t ${table} -A OUTPUT ${rule}`]);
  const list = ['-t', table, ...(numeric ? ['-n'] : []), '-L', 'OUTPUT'];
  const { output } = compileLine(list, { family, current: program });
  const row = output.split('\n').at(-2) ?? '';
  return /(?:(?:anywhere|0\.0\.0\.0\/0|::\/0) +){2}(.*)$/.exec(row)?.[1] ?? row;
}

// What iptables-nft 1.8.9 prints of them; test/kernel/xt-listing.test.ts asks it about all the others.
test.each<[XtFamily, string, string, string, string]>([
  ['ip', 'filter', '-p tcp --dport 22', 'tcp dpt:22', 'tcp dpt:ssh'],
  ['ip', 'filter', '-p udp ! --sport 67:68', 'udp spts:!67:68', 'udp spts:!bootps:bootpc'],
  ['ip', 'filter', '-p sctp --dport 80', 'sctp dpt:80', 'sctp dpt:80'],
  [
    'ip',
    'filter',
    '-p tcp -m multiport ! --dports 22,80',
    'multiport dports  !22,80',
    'multiport dports  !ssh,http',
  ],
  ['ip', 'filter', '-p tcp ! --syn', 'tcp flags:!0x17/0x02', 'tcp flags:!FIN,SYN,RST,ACK/SYN'],
  ['ip', 'filter', '-m state ! --state INVALID', '! state INVALID', '! state INVALID'],
  ['ip', 'filter', '-p icmp --icmp-type 3/4', 'icmptype 3 code 4', 'icmp fragmentation-needed'],
  [
    'ip6',
    'filter',
    '-p icmpv6 ! --icmpv6-type 135',
    'ipv6-icmp !type 135',
    'ipv6-icmp !neighbour-solicitation',
  ],
  ['ip', 'filter', '-m owner --uid-owner 0', 'owner UID match 0', 'owner UID match root'],
  ['ip', 'mangle', '-m tos --tos 0x10/0x3f', 'tos match0x10/0x3f', 'tos match Minimize-Delay'],
  ['ip', 'mangle', '-j TOS --and-tos 0x10', 'TOS set 0x00/0xef', 'TOS and 0x10'],
  [
    'ip',
    'filter',
    '-j LOG --log-level debug --log-ip-options',
    'LOG flags 4 level 7',
    'LOG level debug ip-options',
  ],
  [
    'ip',
    'mangle',
    '-j CONNMARK --save-mark --nfmask 5 --ctmask 4',
    'CONNMARK save nfmask 0x5 ctmask ~0x4',
    'CONNMARK save nfmask 0x5 ctmask ~0x4',
  ],
  [
    'ip',
    'filter',
    '-m set ! --match-set s1 src --return-nomatch ! --update-counters --packets-gt 5',
    '! match-set s1 src return-nomatch ! update-counters packets-gt 5',
    '! match-set s1 src return-nomatch ! update-counters packets-gt 5',
  ],
  [
    'ip',
    'filter',
    '-j SET --add-set s1 src --exist --timeout 5',
    'add-set s1 src exist timeout 5',
    'add-set s1 src exist timeout 5',
  ],
  [
    'ip',
    'mangle',
    '-j SET --map-set s1 src --map-mark --map-prio',
    'map-set s1 src map-mark map-prio',
    'map-set s1 src map-mark map-prio',
  ],
])('%s %s %s', (family, table, rule, numbers, names) => {
  expect(listed(family, table, rule, true)).toBe(numbers);
  expect(listed(family, table, rule, false)).toBe(names);
});
