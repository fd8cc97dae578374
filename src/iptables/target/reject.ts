// REJECT: drops the packet and tells the sender (libipt_REJECT.c, libip6t_REJECT.c).

import { nearest } from '../../diagnostics/index.ts';
import type { RejectInfo, RejectWith } from '../../program/index.ts';
import { extension, wrong, type XtFamily } from '../extension/index.ts';

/** What iptables calls it for short, and nft's word behind `icmp type`. */
interface Kind {
  readonly with: RejectWith;
  readonly alias: string;
  readonly nft: string;
}

/** In the order a beginning of a word is looked up. */
const KINDS: Readonly<Record<'ip' | 'ip6', readonly Kind[]>> = {
  ip: [
    { with: 'icmp-net-unreachable', alias: 'net-unreach', nft: 'net-unreachable' },
    { with: 'icmp-host-unreachable', alias: 'host-unreach', nft: 'host-unreachable' },
    { with: 'icmp-proto-unreachable', alias: 'proto-unreach', nft: 'prot-unreachable' },
    { with: 'icmp-port-unreachable', alias: 'port-unreach', nft: 'port-unreachable' },
    { with: 'icmp-net-prohibited', alias: 'net-prohib', nft: 'net-prohibited' },
    { with: 'icmp-host-prohibited', alias: 'host-prohib', nft: 'host-prohibited' },
    { with: 'tcp-reset', alias: 'tcp-rst', nft: 'tcp reset' },
    { with: 'icmp-admin-prohibited', alias: 'admin-prohib', nft: 'admin-prohibited' },
  ],
  ip6: [
    { with: 'icmp6-no-route', alias: 'no-route', nft: 'no-route' },
    { with: 'icmp6-adm-prohibited', alias: 'adm-prohibited', nft: 'admin-prohibited' },
    { with: 'icmp6-addr-unreachable', alias: 'addr-unreach', nft: 'addr-unreachable' },
    { with: 'icmp6-port-unreachable', alias: 'port-unreach', nft: 'port-unreachable' },
    { with: 'tcp-reset', alias: 'tcp-reset', nft: 'tcp reset' },
    { with: 'icmp6-policy-fail', alias: 'policy-fail', nft: 'policy-fail' },
    { with: 'icmp6-reject-route', alias: 'reject-route', nft: 'reject-route' },
  ],
};
const DEFAULT = { ip: 'icmp-port-unreachable', ip6: 'icmp6-port-unreachable' } as const;

const of = (family: XtFamily): 'ip' | 'ip6' => (family === 'ip6' ? 'ip6' : 'ip');

/** A beginning of either name is enough. */
function kindOf(word: string, family: XtFamily): RejectWith {
  const start = word.toLowerCase();
  const kinds = KINDS[of(family)];
  const found = kinds.find((k) => k.with.startsWith(start) || k.alias.startsWith(start));
  return (
    found?.with ??
    wrong(
      `unknown kind of rejection "${word}"`,
      nearest(
        word,
        kinds.map((kind) => kind.with),
      ),
    )
  );
}

export const reject = extension<RejectInfo>({
  kind: 'target',
  name: 'REJECT',
  families: ['ip', 'ip6'],
  rev: 0,
  options: [
    {
      name: 'reject-with',
      parse: ([word = ''], { family }) => kindOf(word, family),
      about: 'kind  what the sender is told',
    },
  ],
  build: (given, { family }) => ({
    with: given.value<RejectWith>('reject-with') ?? DEFAULT[of(family)],
  }),
  save: (info) => `--reject-with ${info.with}`,
  list: (info) => `reject-with ${info.with}`,
  translate: (info, { family }) => {
    const l3 = of(family);
    if (info.with === DEFAULT[l3]) return 'reject';
    if (info.with === 'tcp-reset') return 'reject with tcp reset';
    const nft = KINDS[l3].find((k) => k.with === info.with)?.nft;
    return `reject with ${l3 === 'ip' ? 'icmp' : 'icmpv6'} type ${nft}`;
  },
});
