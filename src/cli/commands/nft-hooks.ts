// `list hooks`: what a ruleset hooks where, in the order packets meet it, as nft prints the
// kernel's NFNL_SUBSYS_HOOK dump.

import type { Chain, Family, Program, Table } from '../../program/index.ts';

interface Hooked {
  readonly table: Table;
  readonly chain: Chain;
  readonly priority: number;
}

const FAMILIES: readonly Family[] = ['ip', 'ip6', 'arp', 'bridge', 'netdev'];
const HOOKS = [...['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting', 'egress']];

/** An inet chain is hooked in both families; at ingress it is a device's. */
function familiesOf(table: Table, chain: Chain): readonly Family[] {
  if (table.family !== 'inet') return [table.family];
  return chain.base?.hook === 'ingress' ? ['netdev'] : ['ip', 'ip6'];
}

function hookedIn(program: Program, family: Family, hook: string, device?: string): Hooked[] {
  return program.tables
    .filter((table) => !table.flags.includes('dormant'))
    .flatMap((table) =>
      table.chains.flatMap((chain): Hooked[] => {
        const { base } = chain;
        if (base?.hook !== hook || !familiesOf(table, chain).includes(family)) return [];
        if (device !== undefined && !base.devices.includes(device)) return [];
        return [{ table, chain, priority: base.priority }];
      }),
    )
    .sort((a, b) => a.priority - b.priority);
}

/** Priorities are signed and ten digits wide. */
const padded = (priority: number): string =>
  `${priority < 0 ? '-' : priority > 0 ? '+' : ' '}${String(Math.abs(priority)).padStart(10, '0')}`;

function hookText(hook: string, chains: readonly Hooked[]): string {
  if (chains.length === 0) return '';
  const lines = chains.map(
    ({ table, chain, priority }) =>
      `\t\t${padded(priority)} chain ${table.family} ${table.name} ${chain.name} [nf_tables]\n`,
  );
  return `\thook ${hook} {\n${lines.join('')}\t}\n`;
}

export function hooksText(program: Program, family?: Family, device?: string): string {
  const asked = family === undefined ? FAMILIES : family === 'inet' ? IP : [family];
  return asked
    .map((one) => {
      const hooks = HOOKS.map((hook) => hookText(hook, hookedIn(program, one, hook, device)));
      const inside = hooks.join('');
      return inside === '' ? '' : `family ${one} {\n${inside}}\n`;
    })
    .join('');
}

const IP: readonly Family[] = ['ip', 'ip6'];
