// `list hooks`: what is hooked where in a namespace with the ruleset, in the order packets meet it,
// as nft prints the kernel's NFNL_SUBSYS_HOOK dump: base chains, and what rules need of netfilter
// itself (defragmentation, connection tracking, translation).

import type { HookEntry, HookName } from '../../core/index.ts';
import { type Firewall, hookedFirewall } from '../../lab/index.ts';
import type { Family, Program } from '../../program/index.ts';

type PointFamily = Exclude<Family, 'inet'>;

const FAMILIES: readonly PointFamily[] = ['ip', 'ip6', 'arp', 'bridge', 'netdev'];
const IP: readonly PointFamily[] = ['ip', 'ip6'];
const HOOKS: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const ARP_HOOKS: readonly HookName[] = ['input', 'output'];

/** The functions of net/netfilter and net/ipv4, net/ipv6 behind our names, and their modules. */
const FUNCTIONS: Readonly<Record<string, (v6: boolean, hook: HookName) => string>> = {
  defrag: (v6) => (v6 ? 'ipv6_defrag [nf_defrag_ipv6]' : 'ipv4_conntrack_defrag [nf_defrag_ipv4]'),
  conntrack: (v6, hook) =>
    `ipv${v6 ? 6 : 4}_conntrack_${hook === 'output' ? 'local' : 'in'} [nf_conntrack]`,
  'conntrack confirm': () => 'nf_confirm [nf_conntrack]',
  'nat src': (v6, hook) => natFunction(v6, hook),
  'nat dst': (v6, hook) => natFunction(v6, hook),
};

const NAT_HOOKS: Readonly<Record<string, readonly [v4: string, v6: string]>> = {
  prerouting: ['nf_nat_ipv4_pre_routing', 'nf_nat_ipv6_in'],
  input: ['nf_nat_ipv4_local_in', 'nf_nat_ipv6_fn'],
  output: ['nf_nat_ipv4_local_fn', 'nf_nat_ipv6_local_fn'],
  postrouting: ['nf_nat_ipv4_out', 'nf_nat_ipv6_out'],
};

const natFunction = (v6: boolean, hook: HookName): string =>
  `${NAT_HOOKS[hook]?.[v6 ? 1 : 0] ?? 'nf_nat_inet_fn'} [nf_nat]`;

function entryText({ kind, name }: HookEntry, family: PointFamily, hook: HookName): string {
  if (kind === 'chain') return `chain ${name} [nf_tables]`;
  return FUNCTIONS[name]?.(family === 'ip6', hook) ?? name;
}

/** Priorities are signed and ten digits wide. */
const padded = (priority: number): string =>
  `${priority < 0 ? '-' : priority > 0 ? '+' : ' '}${String(Math.abs(priority)).padStart(10, '0')}`;

function hookText(title: string, entries: readonly HookEntry[], text: (e: HookEntry) => string) {
  if (entries.length === 0) return '';
  const lines = entries.map((entry) => `\t\t${padded(entry.priority)} ${text(entry)}\n`);
  return `\thook ${title} {\n${lines.join('')}\t}\n`;
}

function deviceHooks({ netns }: Firewall, only: string | undefined): string {
  const devices = netns.devices.list().filter(({ name }) => only === undefined || name === only);
  return devices
    .flatMap((device) =>
      (['ingress', 'egress'] as const).map((hook) =>
        hookText(
          `${hook} device ${device.name}`,
          netns.hooks.devicePoint(device, hook).entries,
          (entry) => entryText(entry, 'netdev', hook),
        ),
      ),
    )
    .join('');
}

function familyHooks(firewall: Firewall, family: Exclude<PointFamily, 'netdev'>): string {
  const { hooks } = firewall.netns;
  return (family === 'arp' ? ARP_HOOKS : HOOKS)
    .map((hook) =>
      hookText(hook, hooks.point(family, hook).entries, (entry) => entryText(entry, family, hook)),
    )
    .join('');
}

export function hooksText(program: Program, family?: Family, device?: string): string {
  const firewall = hookedFirewall(program);
  const asked = family === undefined ? FAMILIES : family === 'inet' ? IP : [family];
  return asked
    .map((one) => {
      const inside = one === 'netdev' ? deviceHooks(firewall, device) : familyHooks(firewall, one);
      return inside === '' ? '' : `family ${one} {\n${inside}}\n`;
    })
    .join('');
}
