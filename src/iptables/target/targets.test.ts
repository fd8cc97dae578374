// What iptables 1.8.9 was seen to accept, refuse, save and translate.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Given, type GivenOption, type ParseContext, type XtFamily } from '../extension/index.ts';
import { TARGETS } from './index.ts';

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };

const context = (family: XtFamily, protocol: number): ParseContext => ({
  family,
  table: 'mangle',
  chain: 'OUTPUT',
  protocol,
  protocolNegated: false,
  names: {},
  warn: () => {},
});

function targetNamed(name: string, family: XtFamily) {
  const found = TARGETS.find((t) => t.name === name && t.families.includes(family));
  if (found === undefined) throw new Error(`no target ${name} of ${family}`);
  return found;
}

/** Options as the command line would give them: full names, exclusions and duties checked. */
function given(words: readonly string[], target: ReturnType<typeof targetNamed>, cx: ParseContext) {
  const options: GivenOption[] = [];
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.slice(2);
    const spec = target.options.find((o) => o.name === name);
    if (spec === undefined) throw new Error(`unknown option ${name}`);
    if (options.some((o) => o.name === name || spec.excludes?.includes(o.name)))
      throw new Error(`${name} excluded`);
    const taken = spec.parse === undefined ? [] : words.slice(i + 1, i + 1 + (spec.words ?? 1));
    i += taken.length;
    const value = spec.parse?.(taken, cx);
    options.push({ name, value, negated: false });
  }
  for (const spec of target.options) {
    const is = options.some((o) => o.name === spec.name);
    if (!is && spec.mandatory === true) throw new Error(`${spec.name} missing`);
    if (is && spec.needs?.some((need) => !options.some((o) => o.name === need)) === true)
      throw new Error(`${spec.name} needs more`);
  }
  return new Given(options);
}

function read(line: string) {
  const [family = 'ip', protocol = '', name = '', ...words] = line.match(/"[^"]*"|\S+/g) ?? [];
  const cx = context(family as XtFamily, PROTOCOLS[protocol] ?? 0);
  const target = targetNamed(name, cx.family);
  const plain = words.map((word) => word.replace(/^"|"$/g, ''));
  const info = target.build(given(plain, target, cx), cx);
  const print = {
    ...cx,
    numeric: true,
    declare: () => {},
    near: (words: string | undefined) => words,
    leave: () => undefined,
    hook: undefined,
    exact: false,
    either: () => undefined,
    account: () => undefined,
    ipset: () => undefined,
    nextSet: () => '',
  };
  return { saved: target.save(info, print), nft: target.translate?.(info, print) };
}

const NONE = undefined;

test.each<readonly [line: string, saved: string, nft: string | undefined]>([
  ['ip all AUDIT --type Accept', '--type accept', 'log level audit'],
  ['ip all CHECKSUM --checksum-fill', '--checksum-fill', NONE],
  ['ip all CLASSIFY --set-class 12:34567', '--set-class 0012:4567', 'meta priority set 12:4567'],
  ['ip all CLASSIFY --set-class 0:0', '--set-class 0000:0000', 'meta priority set none'],
  ['ip6 all CLASSIFY --set-class ffff:ffff', '--set-class ffff:ffff', 'meta priority set root'],
  ['arp all CLASSIFY --set-class 0x1:2', '--set-class 1:2', 'meta priority set 1:2'],
  [
    'ip all CONNMARK --set-mark 5/3',
    '--set-xmark 0x5/0x7',
    'ct mark set ct mark xor 0x5 and 0xfffffff8',
  ],
  ['ip all CONNMARK --and-mark 5', '--set-xmark 0x0/0xfffffffa', 'ct mark set ct mark and 0x5'],
  ['ip all CONNMARK --or-mark 5', '--set-xmark 0x5/0x5', 'ct mark set ct mark or 0x5'],
  ['ip all CONNMARK --xor-mark 5', '--set-xmark 0x5/0x0', 'ct mark set ct mark xor 0x5'],
  [
    'ip all CONNMARK --set-mark 0x5 --left-shift-mark 3',
    '--set-xmark 0x5/0xffffffff --left-shift-mark 3',
    'ct mark set ( 0x5  ) << 3',
  ],
  [
    'ip all CONNMARK --set-mark 5 --left-shift-mark 3 --right-shift-mark 2',
    '--set-xmark 0x5/0xffffffff --right-shift-mark 2',
    'ct mark set ( 0x5  ) >> 2',
  ],
  [
    'ip all CONNMARK --save-mark --right-shift-mark 3',
    '--save-mark --nfmask 0xffffffff --ctmask 0xffffffff --right-shift-mark 3',
    'ct mark set ( mark ) >> 3',
  ],
  [
    'ip all CONNMARK --save-mark --mask 3',
    '--save-mark --nfmask 0x3 --ctmask 0x3',
    'ct mark set mark and 0x3',
  ],
  [
    'ip all CONNMARK --restore-mark --ctmask 0x3',
    '--restore-mark --nfmask 0xffffffff --ctmask 0x3',
    NONE,
  ],
  [
    'ip all CONNMARK --restore-mark --left-shift-mark 2 --mask 5',
    '--restore-mark --nfmask 0x5 --ctmask 0x5 --left-shift-mark 2',
    'meta mark set ( ct mark and 0x5 ) << 2',
  ],
  ['ip6 all CONNSECMARK --save', '--save', NONE],
  ['ip all CT --zone 0x6', '--zone 6', NONE],
  ['ip all CT --zone 0', '', NONE],
  ['ip all CT --zone-reply 5 --zone 6', '--zone-reply 6', NONE],
  ['ip all CT --notrack --zone 5', '--notrack --zone 5', 'notrack'],
  [
    'ip all CT --zone-orig mark --ctevents secmark,new,reply --expevents new',
    '--ctevents new,reply,secmark --expevents new --zone-orig mark',
    NONE,
  ],
  ['ip tcp CT --helper ftp', '--helper ftp', NONE],
  ['ip6 all NOTRACK', '', 'notrack'],
  ['ip all DSCP --set-dscp-class af11', '--set-dscp 0x0a', 'ip dscp set 0x0a'],
  ['ip6 all DSCP --set-dscp 6', '--set-dscp 0x06', 'ip6 dscp set 0x06'],
  ['ip tcp ECN --ecn-tcp-cwr 1 --ecn-tcp-ece 0', '--ecn-tcp-ece 0 --ecn-tcp-cwr 1', NONE],
  ['ip tcp ECN --ecn-ip-ect 2 --ecn-tcp-remove', '--ecn-tcp-remove', NONE],
  [
    'ip tcp ECN --ecn-ip-ect 2 --ecn-tcp-cwr 0 --ecn-tcp-ece 0',
    '--ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 2',
    NONE,
  ],
  [
    'ip all HMARK --hmark-tuple src,dst,spi,proto --hmark-mod 10 --hmark-rnd 5',
    '--hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-spi-mask 0xffffffff --hmark-proto-mask 0xffff --hmark-rnd 0x00000005 --hmark-mod 10',
    NONE,
  ],
  [
    'ip6 all HMARK --hmark-src-prefix 64 --hmark-mod 5 --hmark-rnd 1 --hmark-tuple ct --hmark-offset 0x10',
    '--hmark-src-prefix 64 --hmark-rnd 0x00000001 --hmark-mod 5 --hmark-offset 16 --hmark-tuple ct',
    NONE,
  ],
  [
    'ip all HMARK --hmark-src-prefix 0xffffff00 --hmark-spi 5 --hmark-mod 5 --hmark-rnd 1',
    '--hmark-src-prefix 24 --hmark-spi 0x00000005 --hmark-rnd 0x00000001 --hmark-mod 5',
    NONE,
  ],
  [
    'ip all IDLETIMER --timeout 5 --label aaaaaaaaaaaaaaaaaaaaaaaaaaaaa --alarm',
    '--timeout 5 --label aaaaaaaaaaaaaaaaaaaaaaaaaaa --alarm',
    NONE,
  ],
  [
    'ip all LOG --log-prefix foo --log-level debug --log-uid --log-macdecode --log-ip-options --log-tcp-options --log-tcp-sequence',
    '--log-prefix foo --log-level 7 --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode',
    'log prefix "foo" level debug flags all',
  ],
  ['ip all LOG --log-level warning', '', 'log'],
  ['ip all LOG --log-level error', '--log-level 3', 'log level err'],
  [
    'ip all LOG --log-uid --log-tcp-options',
    '--log-tcp-options --log-uid',
    'log flags tcp options flags skuid',
  ],
  [
    'ip all LOG --log-macdecode --log-ip-options',
    '--log-ip-options --log-macdecode',
    'log flags ip options flags ether',
  ],
  [
    'ip all MARK --set-mark 5/3',
    '--set-xmark 0x5/0x7',
    'meta mark set mark and 0xfffffff8 xor 0x5',
  ],
  ['ip all MARK --set-mark 0x5/0', '--set-xmark 0x5/0x5', 'meta mark set mark or 0x5'],
  ['ip all MARK --xor-mark 5', '--set-xmark 0x5/0x0', 'meta mark set mark xor 0x5'],
  ['arp all MARK --or-mark 17', '--or-mark 17', 'meta mark set mark or 0x17'],
  ['arp all MARK --and-mark ffffffff', '--and-mark ffffffff', 'meta mark set mark and 0xffffffff'],
  [
    'ip tcp MASQUERADE --to-ports 3-5 --random --random-fully',
    '--to-ports 3-5 --random --random-fully',
    'masquerade to :3-5 random,fully-random',
  ],
  ['ip tcp MASQUERADE --to-ports ssh', '--to-ports 22', 'masquerade to :22'],
  ['ip tcp REDIRECT --to-ports 0', '--to-ports 0', 'redirect to :0'],
  ['ip tcp DNAT --to-destination :22', '--to-destination :22', 'dnat to :22'],
  ['ip6 tcp DNAT --to-destination :22', '--to-destination :22', 'dnat to :22'],
  ['ip6 tcp DNAT --to-destination ::1', '--to-destination ::1', 'dnat to ::1'],
  ['ip tcp DNAT --to-destination 1.2.3.4:5-6/7', '--to-destination 1.2.3.4:5-6/7', NONE],
  [
    'ip tcp DNAT --to-destination 1.2.3.4-1.2.3.1 --random --persistent',
    '--to-destination 1.2.3.4-1.2.3.1 --random --persistent',
    'dnat to 1.2.3.4-1.2.3.1 random,persistent',
  ],
  [
    'ip6 tcp SNAT --to-source [dead::beef-dead::fee7]:1025-65535',
    '--to-source [dead::beef-dead::fee7]:1025-65535',
    'snat to [dead::beef-dead::fee7]:1025-65535',
  ],
  ['ip all NETMAP --to 1.2.3.4', '--to 1.2.3.4/32', NONE],
  ['ip all NETMAP --to 1.2.3.4/255.255.0.0', '--to 1.2.0.0/16', NONE],
  ['ip all NETMAP --to 1.2.3.4/255.0.255.0', '--to 1.2.3.4/32', NONE],
  ['ip6 all NETMAP --to 1::5/ffff::', '--to 1::/16', NONE],
  [
    'ip all NFLOG --nflog-size 5 --nflog-group 7 --nflog-prefix "foo bar" --nflog-threshold 3',
    '--nflog-prefix "foo bar" --nflog-group 7 --nflog-size 5 --nflog-threshold 3',
    'log prefix "foo bar" snaplen 5 queue-threshold 3 group 7',
  ],
  ['ip all NFLOG --nflog-range 5', '', 'log group 0'],
  [
    'ip all NFQUEUE --queue-num 5 --queue-bypass',
    '--queue-num 5 --queue-bypass',
    'queue num 5 bypass',
  ],
  ['ip all NFQUEUE --queue-balance 5:', '--queue-balance 5:65535', 'queue num 5-65535'],
  ['ip6 all DNPT --src-pfx 1::/48 --dst-pfx 2::/64', '--src-pfx 1::/48 --dst-pfx 2::/64', NONE],
  [
    'ip all RATEEST --rateest-name foo --rateest-interval 250ms --rateest-ewmalog 3s',
    '--rateest-name foo --rateest-interval 250.0ms --rateest-ewmalog 2.0s',
    NONE,
  ],
  [
    'ip all RATEEST --rateest-name foo --rateest-interval 1us --rateest-ewmalog 16s',
    '--rateest-name foo --rateest-interval 250.0ms --rateest-ewmalog 1208.0s',
    NONE,
  ],
  ['ip all REJECT', '--reject-with icmp-port-unreachable', 'reject'],
  [
    'ip all REJECT --reject-with net',
    '--reject-with icmp-net-unreachable',
    'reject with icmp type net-unreachable',
  ],
  ['ip tcp REJECT --reject-with tcp-rst', '--reject-with tcp-reset', 'reject with tcp reset'],
  [
    'ip6 all REJECT --reject-with adm-prohibited',
    '--reject-with icmp6-adm-prohibited',
    'reject with icmpv6 type admin-prohibited',
  ],
  ['ip all SECMARK --selctx a:b', '--selctx a:b', NONE],
  [
    'ip tcp SYNPROXY --wscale 3 --mss 4 --timestamp --sack-perm --ecn',
    '--sack-perm --timestamp --wscale 3 --mss 4 --ecn',
    'synproxy sack-perm timestamp wscale 3 mss 4 ecn',
  ],
  ['ip tcp SYNPROXY --mss 65536', '--mss 0', 'synproxy mss 0'],
  ['ip tcp TCPMSS --clamp-mss-to-pmtu --set-mss 4', '--set-mss 4', 'tcp option maxseg size set 4'],
  [
    'ip tcp TCPMSS --set-mss 4 --clamp-mss-to-pmtu',
    '--clamp-mss-to-pmtu',
    'tcp option maxseg size set rt mtu',
  ],
  ['ip tcp TCPOPTSTRIP', '', NONE],
  [
    'ip tcp TCPOPTSTRIP --strip-options wscale,mss,sack-permitted,sack,timestamp,md5,254',
    '--strip-options 2,3,4,5,8,19,254',
    NONE,
  ],
  [
    'ip all TEE --gateway 1.1.1.1 --oif eth0',
    '--gateway 1.1.1.1 --oif eth0',
    'dup to 1.1.1.1 device eth0',
  ],
  ['ip6 all TOS --set-tos minimize-cost', '--set-tos 0x02/0x3f', 'ip6 dscp set 0x00'],
  ['ip6 all TOS --and-tos 0x10', '--set-tos 0x00/0xef', 'ip6 dscp set ip6 dscp and 0x04'],
  ['ip6 all TOS --xor-tos 0x13', '--set-tos 0x13/0x00', 'ip6 dscp set ip6 dscp xor 0x04'],
  [
    'ip tcp TPROXY --on-port 5 --on-ip 1.2.3.4 --tproxy-mark 5',
    '--on-port 5 --on-ip 1.2.3.4 --tproxy-mark 0x5/0xffffffff',
    'tproxy to 1.2.3.4:5 meta mark set 0x5 accept',
  ],
  [
    'ip6 tcp TPROXY --on-port 5',
    '--on-port 5 --on-ip :: --tproxy-mark 0x0/0x0',
    'tproxy to :5 accept',
  ],
  ['ip all TRACE', '', 'nftrace set 1'],
  ['ip all TTL --ttl-inc 5', '--ttl-inc 5', NONE],
  ['ip6 all HL --hl-set 0', '--hl-set 0', NONE],
  ['ip all LED --led-trigger-id foo --led-delay inf', '--led-trigger-id foo --led-delay inf', NONE],
  [
    'ip all CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:0a --total-nodes 2 --local-node 1 --hash-init 1',
    '--new --hashmode sourceip --clustermac 01:00:5E:00:00:0A --total-nodes 2 --local-node 1 --hash-init 1',
    NONE,
  ],
  [
    'ip all RATEEST --rateest-name a --rateest-interval 250.0ms --rateest-ewmalog 500.0ms',
    '--rateest-name a --rateest-interval 250.0ms --rateest-ewmalog 500.0ms',
    NONE,
  ],
  [
    'ip all SET --add-set b src --del-set a src,dst --exist',
    '--add-set b src --exist --del-set a src,dst',
    NONE,
  ],
  [
    'ip6 all SET --map-set a src,dst --map-mark --map-prio',
    '--map-set a src,dst --map-mark --map-prio',
    NONE,
  ],
  ['bridge all arpreply', '--arpreply-mac 00:00:00:00:00:00', NONE],
  [
    'bridge all arpreply --arpreply-mac 1:2:3:4:5:6 --arpreply-target ACCEPT',
    '--arpreply-mac 01:02:03:04:05:06 --arpreply-target ACCEPT',
    NONE,
  ],
  [
    'bridge all dnat --to-dst de:ad:0:be:ee:ff',
    '--to-dst de:ad:00:be:ee:ff --dnat-target ACCEPT',
    'ether daddr set de:ad:0:be:ee:ff accept',
  ],
  [
    'bridge all snat --to-src 1:2:3:4:5:6 --snat-arp --snat-target DROP',
    '--to-src 01:02:03:04:05:06 --snat-arp --snat-target DROP',
    NONE,
  ],
  ['bridge all redirect', '', NONE],
  ['bridge all redirect --redirect-target DROP', '--redirect-target DROP', NONE],
  [
    'bridge all mark --mark-or 3',
    '--mark-or 0x3 --mark-target ACCEPT',
    'meta mark set meta mark or 0x3 accept',
  ],
  [
    'bridge all mark --mark-target DROP',
    '--mark-set 0x0 --mark-target DROP',
    'meta mark set 0x0 drop',
  ],
  ['bridge all log', '--log-level notice', 'log level notice flags ether'],
  [
    'bridge all log --log-ip --log-prefix "foo bar" --log-arp --log-level 6',
    '--log-level info --log-prefix "foo bar" --log-ip --log-arp',
    'log prefix "foo bar" level info flags ether',
  ],
  [
    'bridge all nflog --nflog-prefix "a b" --nflog-threshold 3 --nflog-range 4',
    '--nflog-prefix "a b" --nflog-group 1 --nflog-range 4 --nflog-threshold 3',
    'log prefix "a b" group 1 snaplen 4 queue-threshold 3',
  ],
  [
    'arp all mangle --mangle-mac-d 00:01:02:03:04:06 --mangle-ip-d 1.2.3.5 --mangle-mac-s 00:01:02:03:04:05 --mangle-ip-s 1.2.3.4 --mangle-target DROP',
    '--mangle-ip-s 1.2.3.4 --mangle-mac-s 00:01:02:03:04:05 --mangle-ip-d 1.2.3.5 --mangle-mac-d 00:01:02:03:04:06 --mangle-target DROP',
    'arp saddr ip set 1.2.3.4 arp saddr ether set 00:01:02:03:04:05 arp daddr ip set 1.2.3.5 arp daddr ether set 00:01:02:03:04:06 drop',
  ],
  [
    'arp all mangle --mangle-ip-s 1.2.3.4 --mangle-target ACCEPT',
    '--mangle-ip-s 1.2.3.4',
    'arp saddr ip set 1.2.3.4 accept',
  ],
])('%s', (line, saved, nft) => {
  expect(read(line)).toEqual({ saved, nft });
});

test.each([
  'ip all AUDIT --type foo',
  'ip all CHECKSUM',
  'ip all CLASSIFY --set-class 1:',
  'ip all CONNMARK',
  'ip all CONNMARK --left-shift-mark 3',
  'ip all CONNMARK --xor-mark 5 --or-mark 3',
  'ip all CONNMARK --set-mark 5 --left-shift-mark 33',
  'ip all CONNMARK --restore-mark --mask 5 --nfmask 4',
  'ip all CONNSECMARK --save --restore',
  'ip all CT --zone 65536',
  'ip all CT --ctevents foo',
  'ip all DSCP --set-dscp 64',
  'ip all DSCP --set-dscp-class af44',
  'ip tcp ECN --ecn-ip-ect 4',
  'ip tcp ECN --ecn-tcp-cwr 1 --ecn-tcp-remove',
  'ip all HMARK --hmark-mod 5 --hmark-rnd 1',
  'ip all HMARK --hmark-tuple src --hmark-mod 5',
  'ip all HMARK --hmark-tuple src --hmark-mod 0 --hmark-rnd 1',
  'ip all HMARK --hmark-tuple sport --hmark-spi-mask 5 --hmark-mod 5 --hmark-rnd 1',
  'ip all HMARK --hmark-tuple foo --hmark-mod 5 --hmark-rnd 1',
  'ip all LOG --log-level warn',
  'ip all LOG --log-level 8',
  'ip all LOG --log-prefix ""',
  'ip all MARK',
  'ip all MARK --and-mark 0x5/3',
  'ip all MARK --set-xmark 4294967296',
  'arp all MARK --set-mark zz',
  'arp all MARK --set-mark 1 --or-mark 2',
  'ip all MASQUERADE --to-ports 5',
  'ip tcp MASQUERADE --to-ports 5-3',
  'ip tcp REDIRECT --to-ports 22:25',
  'ip tcp DNAT --to-destination 1.2.3.4:5/7',
  'ip tcp DNAT --to-destination 1.2.3.4:echo-ssh',
  'ip tcp DNAT --to-destination 1.2.3.4:1-2/0',
  'ip tcp DNAT --to-destination foo',
  'ip all DNAT --to-destination 1.2.3.4:5',
  'ip all NFQUEUE --queue-cpu-fanout',
  'ip all NFQUEUE --queue-balance 4',
  'ip all NFQUEUE --queue-balance 0:65535',
  'ip all RATEEST --rateest-name foo --rateest-interval 9s --rateest-ewmalog 16s',
  'ip all REJECT --reject-with echo-reply',
  'ip tcp TCPMSS --set-mss 65516',
  'ip6 tcp TCPMSS --set-mss 65496',
  'ip tcp TCPOPTSTRIP --strip-options 1',
  'ip tcp TCPOPTSTRIP --strip-options 2,2',
  'ip all TEE --oif eth0',
  'ip all TOS --set-tos 0x100',
  'ip all TTL --ttl-inc 5 --ttl-dec 4',
  'ip all TTL --ttl-dec 0',
  'ip6 all HL',
  'ip all SET --exist',
  'ip all SET --add-set b foo',
  'ip all SET --map-set a src',
  'bridge all dnat',
  'bridge all mark',
  'bridge all mark --mark-or 3 --mark-set 4',
  'bridge all mark --mark-set 1 --mark-target foo',
  'bridge all log --log-level 8',
  'bridge all nflog --nflog-threshold 65536',
  'arp all mangle --mangle-ip-s 1.2.3.4 --mangle-target accept',
  'ip all MIRROR',
])('%s is refused', (line) => {
  expect(() => read(line)).toThrow();
});

const PRINT = { family: 'ip', table: 'filter', protocol: 0, numeric: true } as const;

test('NFLOG comes back from the expression it is made of', () => {
  fc.assert(
    fc.property(
      fc.record({
        group: fc.nat(0xffff),
        len: fc.nat(0xffff),
        threshold: fc.nat(0xffff),
        prefix: fc.string({ maxLength: 20 }),
      }),
      fc.boolean(),
      (fields, size) => {
        const info = { ...fields, size, len: size ? fields.len : 0 };
        const { native } = targetNamed('NFLOG', 'ip');
        const exprs = native!.lower(info, PRINT)!;
        expect(native!.raise(exprs, 0, PRINT)).toEqual({ info, end: exprs.length });
      },
    ),
  );
});

test('TRACE comes back from the expressions it is made of', () => {
  const { native } = targetNamed('TRACE', 'ip');
  const exprs = native!.lower({}, PRINT)!;
  expect(native!.raise(exprs, 0, PRINT)).toEqual({ info: {}, end: exprs.length });
  expect(native!.raise(exprs, 1, PRINT)).toBeUndefined();
});
