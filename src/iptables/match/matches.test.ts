import { expect, test } from 'vitest';
import { EMPTY_PROGRAM } from '../../program/index.ts';
import { compileLine, saveRuleset } from '../index.ts';
import { applied } from '../test-support.ts';

const words = (rule: string): string[] =>
  (rule.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'));

/** What stands behind the chain when the rule is saved, or what is wrong with it. */
function saved(family: 'ip' | 'ip6', rule: string): string {
  const line = ['-A', 'FORWARD', ...words(rule)];
  const { batch, diagnostics } = compileLine(line, { family, current: EMPTY_PROGRAM });
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  if (problem !== undefined) return `error: ${problem.message}`;
  const text = saveRuleset(applied(EMPTY_PROGRAM, batch), family, { counters: false });
  return text.match(/^-A FORWARD (.*)$/m)?.[1] ?? '';
}

// Seen of iptables-nft.
test.each([
  ['-m addrtype --src-type loc,un', '-m addrtype --src-type UNSPEC,LOCAL'],
  ['-p ah -m ah --ahspi :', '-p ah -m ah'],
  ['-p ah -m ah --ahspi 3:3', '-p ah -m ah --ahspi 3'],
  ['-m bpf --bytecode "2,48 0 0 9,6 0 0 1"', '-m bpf --bytecode "2,48 0 0 9,6 0 0 1"'],
  ['-m comment --comment "two words"', '-m comment --comment "two words"'],
  [
    '-m cluster --cluster-total-nodes 2 ! --cluster-local-node 2 --cluster-hash-seed 7',
    '-m cluster ! --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0x00000007',
  ],
  [
    '-m connbytes ! --connbytes 2:9 --connbytes-mode bytes --connbytes-dir both',
    '-m connbytes ! --connbytes 2:9 --connbytes-mode bytes --connbytes-dir both',
  ],
  [
    '-m connlimit ! --connlimit-above 3',
    '-m connlimit --connlimit-upto 3 --connlimit-mask 32 --connlimit-saddr',
  ],
  ['-m conntrack --ctstate est,new', '-m conntrack --ctstate NEW,ESTABLISHED'],
  ['-m conntrack ! --ctorigsrc 10.1.2.3/8', '-m conntrack ! --ctorigsrc 10.1.2.3/8'],
  ['-m state ! --state new', '-m state ! --state NEW'],
  [
    '-p dccp --dccp-types data,ack ! --sport 7',
    '-p dccp -m dccp ! --sport 7 --dccp-types DATA,ACK',
  ],
  ['-m dscp ! --dscp-class af33', '-m dscp ! --dscp 0x1e'],
  [
    '-m hashlimit --hashlimit 90/min --hashlimit-name a --hashlimit-srcmask 24',
    '-m hashlimit --hashlimit-upto 90/min --hashlimit-burst 5 --hashlimit-name a --hashlimit-srcmask 24',
  ],
  [
    '-m hashlimit --hashlimit-above 1500b/s --hashlimit-burst 5mb --hashlimit-name a',
    '-m hashlimit --hashlimit-above 1488b/s --hashlimit-burst 5mb --hashlimit-name a',
  ],
  ['-p icmp --icmp-type host-unreachable', '-p icmp -m icmp --icmp-type 3/1'],
  ['-p icmp ! --icmp-type any', '-p icmp -m icmp ! --icmp-type any'],
  ['-m iprange --src-range 10.0.0.1', '-m iprange --src-range 10.0.0.1-10.0.0.1'],
  ['-m limit --limit 1500/hour --limit-burst 9', '-m limit --limit 25/min --limit-burst 9'],
  ['-m mac --mac-source AA:b:CC:1:2:3', '-m mac --mac-source aa:0b:cc:01:02:03'],
  ['-m mark ! --mark 5/3', '-m mark ! --mark 0x5/0x3'],
  ['-p tcp -m multiport --dports ssh,1:5', '-p tcp -m multiport --dports 22,1:5'],
  ['-m policy --dir in --pol ipsec', '-m policy --dir in --pol ipsec'],
  [
    '-m recent --update --reap --seconds 3 --rdest',
    '-m recent --update --seconds 3 --reap --name DEFAULT --mask 255.255.255.255 --rdest',
  ],
  [
    '-p sctp --chunk-types any abort:t,DATA:BEiu',
    '-p sctp -m sctp --chunk-types any DATA:iuBE,ABORT:t',
  ],
  [
    '-m statistic --mode random ! --probability .12345',
    '-m statistic --mode random ! --probability 0.12344999984',
  ],
  [
    '-m string --algo kmp --hex-string "ab|0d 0a|" --to 20',
    '-m string --hex-string "|61620d0a|" --algo kmp --to 20',
  ],
  ['-p tcp --tcp-flags all syn,ack', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG SYN,ACK'],
  [
    '-p tcp ! --syn --tcp-option 5',
    '-p tcp -m tcp --tcp-option 5 ! --tcp-flags FIN,SYN,RST,ACK SYN',
  ],
  [
    '-m time --weekdays Mo,7 --timestart 1:2 --datestop 2021',
    '-m time --timestart 01:02:00 --timestop 23:59:59 --weekdays Mon,Sun --datestop 2021-01-01T00:00:00',
  ],
  ['-m tos ! --tos minimize-delay', '-m tos ! --tos 0x10/0x3f'],
  ['-m ttl --ttl 3', '-m ttl --ttl-eq 3'],
  [
    '-m u32 --u32 "0>>22&0x3C@4=1:2,7&&8=0"',
    '-m u32 --u32 "0x0>>0x16&0x3c@0x4=0x1:0x2,0x7&&0x8=0x0"',
  ],
  ['-p udp --dport :4', '-p udp -m udp --dport 0:4'],
])('iptables saves %j as %j', (rule, want) => {
  expect(saved('ip', rule)).toBe(want);
});

test.each([
  ['-m frag ! --fragid : --fraglast', '-m frag ! --fragid 0:4294967295 --fraglast'],
  ['-m hbh --hbh-opts 5,6:255,7:0', '-m hbh --hbh-opts 5,6,7:0'],
  ['-m ipv6header --header dst,hop --soft', '-m ipv6header --header hop-by-hop,ipv6-opts --soft'],
  ['-p mh ! --mh-type bu:ba', '-p mobility-header -m mh ! --mh-type 5:6'],
  [
    '-m rt --rt-type 0 --rt-0-addrs ::1,::2 --rt-0-not-strict',
    '-m rt --rt-type 0 --rt-0-addrs ::1,::2 --rt-0-not-strict',
  ],
  ['-m srh --srh-hdr-len-lt 8 --srh-hdr-len-eq 3', '-m srh --srh-hdr-len-eq 3 --srh-hdr-len-lt 3'],
  ['-p icmpv6 --icmpv6-type ping', '-p ipv6-icmp -m icmp6 --icmpv6-type 128'],
])('ip6tables saves %j as %j', (rule, want) => {
  expect(saved('ip6', rule)).toBe(want);
});

test.each([
  '-m addrtype',
  '-m bpf --bytecode "2,6 0 0 1"',
  '-m cluster --cluster-total-nodes 2 --cluster-local-node 3 --cluster-hash-seed 1',
  '-m conntrack --ctproto 0',
  '-m dscp --dscp 64',
  '-m hashlimit --hashlimit-upto 1/s',
  '-m limit --limit 20000/s',
  '-m multiport --ports 5',
  '-p tcp -m multiport --ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14:16,17',
  '-m owner --suppl-groups --gid-owner 5',
  '-m policy --dir in --pol ipsec --strict',
  '-m recent --set --hitcount 5',
  '-p sctp --chunk-types any DATA:o',
  '-m statistic --mode nth --every 5',
  '-m string --algo bm --string ""',
  '-p tcp --tcp-flags ALL WRONG',
  '-m time --timestart 25:00',
  '-m u32 --u32 "0"',
  '-m unclean',
])('%j is refused', (rule) => {
  expect(saved('ip', rule)).toMatch(/^error: /);
});
