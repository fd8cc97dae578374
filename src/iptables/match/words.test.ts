// Words behind options that few write and the original reads all the same, and what it saves of them;
// what it refuses. Found beside iptables-nft 1.8.9 among all pairs of options of all extensions.

import { expect, test } from 'vitest';
import { compileLine, saveRuleset, translateLine, type XtFamily } from '../index.ts';
import { programOf } from '../test-support.ts';

function saved(rule: string, family: XtFamily = 'ip'): string {
  const { program } = programOf(family, [`-A FORWARD ${rule}`]);
  const text = saveRuleset(program, family, { counters: false });
  return /^-A FORWARD (.*)$/m.exec(text)?.[1] ?? '';
}

function refusal(rule: string, family: XtFamily = 'ip'): string | undefined {
  const { diagnostics } = compileLine(['-A', 'FORWARD', ...rule.split(' ')], { family });
  return diagnostics.find(({ severity }) => severity === 'error')?.message;
}

test.each([
  // strtoul(3)
  ['-m length --length +3', '-m length --length 3'],
  ['-m quota --quota +3', '-m quota --quota 3'],
  // getaddrinfo(3): addresses of fewer parts, ports in decimal
  ['-m conntrack --ctorigsrc 10/8', '-m conntrack --ctorigsrc 0.0.0.10/8'],
  ['-m conntrack --ctorigsrc 1.2', '-m conntrack --ctorigsrc 1.0.0.2'],
  ['-p udp -m udp --dport 010', '-p udp -m udp --dport 10'],
  ['-p tcp -m tcp --dport 010', '-p tcp -m tcp --dport 8'],
  // strtok(3)
  ['-p tcp --tcp-flags SYN,,ACK SYN', '-p tcp -m tcp --tcp-flags SYN,ACK SYN'],
  ['-p tcp --tcp-flags ALL,NONE SYN', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG SYN'],
  ['-j CONNMARK --set-mark 1 --mask 0xff', '-j CONNMARK --set-xmark 0x1/0xff'],
  ['-j CONNMARK --mask 0xff --set-mark 1', '-j CONNMARK --set-xmark 0x1/0xffffffff'],
  ['-j CONNMARK --and-mark 0xf --ctmask 0xff', '-j CONNMARK --set-xmark 0x0/0xff'],
  ['-j CT --zone-orig 1 --zone-reply 2', '-j CT --zone 2'],
  ['-p icmp --icmp-type 255/1', '-p icmp -m icmp --icmp-type 255/1'],
  ['-m pkttype --pkt-type otherhost', '-m pkttype --pkt-type otherhost'],
  ['-m owner --uid-owner 1:5', '-m owner --uid-owner 1-5'],
  [
    '-m recent --update --seconds 5 --hitcount 0',
    '-m recent --update --seconds 5 --name DEFAULT --mask 255.255.255.255 --rsource',
  ],
])('%s is saved as %s', (rule, want) => {
  expect(saved(rule)).toBe(want);
});

test.each([
  [
    '--rateest A --rateest-lt --rateest-bps 1mbit',
    '--rateest A --rateest-lt --rateest-bps 1000Kbit',
  ],
  [
    '--rateest A --rateest-eq --rateest-pps 5 --rateest-bps 8bit',
    '--rateest A --rateest-eq --rateest-bps 8bit --rateest-eq --rateest-pps 5',
  ],
  [
    '--rateest1 A ! --rateest-lt --rateest2 B --rateest-bps',
    '--rateest1 A ! --rateest-lt --rateest-bps --rateest2 B',
  ],
  [
    '--rateest-delta --rateest1 A --rateest-pps1 8 --rateest-gt --rateest2 B --rateest-pps2 9',
    '--rateest-delta --rateest1 A --rateest-pps1 8 --rateest-gt --rateest-pps2 9 --rateest2 B',
  ],
])('rateest %s is saved as %s', (options, want) => {
  expect(saved(`-m rateest ${options}`)).toBe(`-m rateest ${want}`);
});

test.each([
  ['-p tcp -m tcp --so 22', 'ambiguous'],
  ['-p udp -m udp --dport 0x10', 'no such port'],
  ['-m state --state SNAT', 'bad state'],
  ['-m ipvs ! --ipvs --vproto 6', 'stands alone'],
  ['-m tos --tos 0x10/', 'bad mask'],
  ['-m mac --mac-source 00-01-02-03-04-05', 'bad MAC address'],
  ['-m time --monthdays 0x1', 'bad day of the month'],
  ['-j HMARK --hmark-mod 2 --hmark-rnd 5 --hmark-tuple src --hmark-src-prefix 24', 'given already'],
  ['-j x123456789012345678901234567890', '28 chars max'],
  ['-j SET --add-set x src --map-mark', 'needs --map-set'],
  ['-j LED --led-trigger-id 12345678901234567', 'longer than 16'],
])('%s is refused: %s', (rule, why) => {
  expect(refusal(rule)).toContain(why);
});

test.each([
  ['-p mh --mh-type binding-up', '-p mobility-header -m mh --mh-type 5'],
  ['-p mh --mh-type home', '-p mobility-header -m mh --mh-type 1'],
  ['-m ipv6header --header hop,', '-m ipv6header --header hop-by-hop'],
])('%s of ip6tables is saved as %s', (rule, want) => {
  expect(saved(rule, 'ip6')).toBe(want);
});

test('an address in a list of the routing header stands before --rt-0-not-strict', () => {
  expect(refusal('-m rt --rt-type 0 --rt-0-not-strict --rt-0-addrs ::1', 'ip6')).toContain(
    'before',
  );
});

test.each([
  [
    '-p tcp -m hashlimit --hashlimit-upto 5/sec --hashlimit-mode srcip,dstport --hashlimit-name h',
    'meter h { tcp dport . ip saddr limit rate 5/second }',
  ],
  ['-m rpfilter --invert --accept-local', 'fib saddr type != local fib saddr . iif oif 0'],
  ['-i eth*', 'iifname "eth\\*"'],
  ['-i eth+', 'iifname "eth*"'],
  ['-m conntrack --ctproto 6 --ctdir REPLY', 'ct direction reply ct reply protocol 6'],
])('%s is translated to %s', (rule, want) => {
  const { commands } = translateLine(['-A', 'PREROUTING', ...rule.split(' ')], 'ip');
  expect(commands.join()).toContain(want);
});
