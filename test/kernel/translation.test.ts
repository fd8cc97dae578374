// A translation does on the kernel what iptables does there, where nft's words are other ones: rules that
// become two, and states that are statuses.

import { afterAll, describe, expect, test } from 'vitest';
import { translateProgram } from '../../src/iptables/index.ts';
import { loadRuleset } from '../../src/lab/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import type { Step } from './case.ts';
import { KernelTarget } from './kernel-target.ts';
import { missing } from './needs.ts';

const RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -p udp -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A FORWARD -p tcp -m conntrack ! --ctstate DNAT,NEW -j DROP
-A FORWARD -p icmp -m conntrack --ctstate DNAT,INVALID -j DROP
-A FORWARD -p icmp -m conntrack --ctstate INVALID,NEW --ctdir ORIGINAL -j MARK --set-mark 5
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p udp --dport 53 -j DNAT --to-destination 192.0.2.3
-A PREROUTING -d 192.0.2.9 -j DNAT --to-destination 192.0.2.4
COMMIT
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp --dport 99 -j NOTRACK
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -m policy --dir out --pol none -j TTL --ttl-set 9
-A POSTROUTING -m policy --dir out --pol ipsec -j DROP
COMMIT
`;

const STEPS: readonly Step[] = [
  'udp 10.0.0.2:1000 > 192.0.2.2:7',
  'udp 10.0.0.2:1000 > 192.0.2.2:53',
  'udp 10.0.0.2:1000 > 192.0.2.2:99',
  'tcp 10.0.0.2:1001 > 192.0.2.2:80 syn',
  'tcp 10.0.0.2:1001 > 192.0.2.2:80 syn,ack seq 7 ack 9',
  'tcp 10.0.0.2:1002 > 192.0.2.9:80 syn',
  'tcp 10.0.0.2:1003 > 192.0.2.2:80 rst seq 7',
  'tcp 10.0.0.2:1004 > 192.0.2.9:80 rst seq 7',
  'icmp 10.0.0.2 > 192.0.2.2 echo-request id 1 seq 1',
  'icmp 10.0.0.2 > 192.0.2.9 echo-request id 2 seq 1',
  'icmp 10.0.0.2 > 192.0.2.2 echo-reply id 3 seq 1',
].map((packet) => ({ on: 'eth0', packet }));

const reason = missing();

describe.skipIf(reason !== undefined)(`translations${reason ? ` (${reason})` : ''}`, async () => {
  const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
  afterAll(() => kernel?.close());

  test('states with SNAT and DNAT, and packets without a connection', () => {
    const { program } = loadRuleset([{ name: 'rules.v4', text: RULES }]);
    const { text, leftovers } = translateProgram(program);
    expect(leftovers).toEqual([]);
    const iptables = kernel!.run({ name: 'iptables', xtables: { iptables: RULES }, steps: STEPS });
    const nft = kernel!.run({ name: 'nft', ruleset: text, steps: STEPS });
    expect(nft.sent).toEqual(iptables.sent);
    expect(nft.conntrack).toEqual(iptables.conntrack);
    expect(nft.sent.filter((frames) => frames.length > 0)).toHaveLength(4);
  });
});
