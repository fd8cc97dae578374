// Rules that name sets of ipset, of each kind that is carried over to nft and that this kernel has.

import type { Step } from './case.ts';
import { pieces } from './cases/crafted.ts';

export const SETS = `create bi bitmap:ip range 10.0.0.0-10.0.0.255
add bi 10.0.0.2
create bn bitmap:ip range 10.0.0.0/16 netmask 24
add bn 10.0.1.0
create bp bitmap:port range 0-1023
add bp 53
create hi hash:ip
add hi 10.0.0.2
create hm hash:ip netmask 24 timeout 100
add hm 10.0.0.0 timeout 0
add hm 10.0.1.0
create hn hash:net comment
add hn 10.0.0.0/23 comment "a net"
add hn 10.0.0.0/24 nomatch
add hn 10.0.0.2/31
add hn 10.0.0.3 nomatch
add hn 192.0.2.2/31
create hp hash:ip,port
add hp 192.0.2.2,tcp:80
add hp 192.0.2.2,udp:53
add hp 192.0.2.2,sctp:7
create hpi hash:ip,port,ip
add hpi 192.0.2.2,udp:53,10.0.0.2
`;

const MATCHES = [
  ...['bi src', 'bn src', 'bn dst', 'bp src', 'bp dst', 'hi src', 'hi dst', 'hm src', 'hm dst'],
  ...['hn src', 'hn dst', 'hn dst,src', 'hp dst,dst', 'hp dst,src', 'hpi dst,dst,src'],
];

export const RULES = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p udp --dport 53 -j MARK --set-mark 5
${MATCHES.flatMap((asked) => ['', '! '].map((not) => `-A FORWARD -m set ${not}--match-set ${asked}`)).join('\n')}
-A FORWARD -m mark --mark 5 -m set ! --match-set hp dst,dst -j DROP
-A FORWARD -p tcp -m set --match-set hn src -j DROP
COMMIT
`;

/** Later fragments have no ports. */
export const STEPS: readonly Step[] = [
  ...[
    'udp 10.0.0.2:53 > 192.0.2.2:53 data "x"',
    'udp 10.0.0.2:53 > 192.0.2.3:53 data "x"',
    'udp 10.0.0.3:1000 > 192.0.2.2:54 data "x"',
    'udp 10.0.0.4:53 > 192.0.2.4:2000 data "x"',
    'tcp 10.0.0.2:1000 > 192.0.2.2:80 syn',
    'tcp 10.0.1.2:53 > 192.0.2.2:80 syn',
    'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1',
  ].map((packet) => ({ on: 'eth0', packet })),
  { on: 'eth1', packet: 'udp 192.0.2.2:53 > 10.0.0.2:53 data "x"' },
  ...pieces('udp 10.0.0.2:53 > 192.0.2.2:53 data "sixteen bytes ..sixteen bytes .."', [0, 16]),
];
