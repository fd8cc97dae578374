// The tables and their base chains as iptables-nft makes them (builtin tables of nft.c): names,
// types, hooks and priorities are those of the kernel's own ip_tables.

import type { BaseHook, ChainType, HookName } from '../../program/index.ts';
import type { XtFamily } from '../extension/index.ts';

export interface BuiltinChain {
  readonly name: string;
  readonly base: BaseHook;
}

export interface BuiltinTable {
  readonly name: string;
  readonly chains: readonly BuiltinChain[];
}

const chain = (
  name: string,
  hook: HookName,
  priority: number,
  type: ChainType = 'filter',
): BuiltinChain => ({
  name,
  base: { type, hook, priority, devices: [] },
});

/** enum nf_ip_hook_priorities */
const NF_IP_PRI_RAW = -300;
const NF_IP_PRI_MANGLE = -150;
const NF_IP_PRI_NAT_DST = -100;
const NF_IP_PRI_FILTER = 0;
const NF_IP_PRI_SECURITY = 50;
const NF_IP_PRI_NAT_SRC = 100;

/** enum nf_br_hook_priorities */
const NF_BR_PRI_FIRST = -0x80000000;
const NF_BR_PRI_NAT_DST_BRIDGED = -300;
const NF_BR_PRI_FILTER_BRIDGED = -200;
const NF_BR_PRI_NAT_DST_OTHER = 100;
const NF_BR_PRI_NAT_SRC = 300;

/** In the order iptables-save prints them (enum nft_table_type). */
const IP: readonly BuiltinTable[] = [
  {
    name: 'mangle',
    chains: [
      chain('PREROUTING', 'prerouting', NF_IP_PRI_MANGLE),
      chain('INPUT', 'input', NF_IP_PRI_MANGLE),
      chain('FORWARD', 'forward', NF_IP_PRI_MANGLE),
      chain('OUTPUT', 'output', NF_IP_PRI_MANGLE, 'route'),
      chain('POSTROUTING', 'postrouting', NF_IP_PRI_MANGLE),
    ],
  },
  {
    name: 'security',
    chains: [
      chain('INPUT', 'input', NF_IP_PRI_SECURITY),
      chain('FORWARD', 'forward', NF_IP_PRI_SECURITY),
      chain('OUTPUT', 'output', NF_IP_PRI_SECURITY),
    ],
  },
  {
    name: 'raw',
    chains: [
      chain('PREROUTING', 'prerouting', NF_IP_PRI_RAW),
      chain('OUTPUT', 'output', NF_IP_PRI_RAW),
    ],
  },
  {
    name: 'filter',
    chains: [
      chain('INPUT', 'input', NF_IP_PRI_FILTER),
      chain('FORWARD', 'forward', NF_IP_PRI_FILTER),
      chain('OUTPUT', 'output', NF_IP_PRI_FILTER),
    ],
  },
  {
    name: 'nat',
    chains: [
      chain('PREROUTING', 'prerouting', NF_IP_PRI_NAT_DST, 'nat'),
      chain('INPUT', 'input', NF_IP_PRI_NAT_SRC, 'nat'),
      chain('OUTPUT', 'output', NF_IP_PRI_NAT_DST, 'nat'),
      chain('POSTROUTING', 'postrouting', NF_IP_PRI_NAT_SRC, 'nat'),
    ],
  },
];

const ARP: readonly BuiltinTable[] = [
  {
    name: 'filter',
    chains: [
      chain('INPUT', 'input', NF_IP_PRI_FILTER),
      chain('OUTPUT', 'output', NF_IP_PRI_FILTER),
    ],
  },
];

const BRIDGE: readonly BuiltinTable[] = [
  {
    name: 'filter',
    chains: [
      chain('INPUT', 'input', NF_BR_PRI_FILTER_BRIDGED),
      chain('FORWARD', 'forward', NF_BR_PRI_FILTER_BRIDGED),
      chain('OUTPUT', 'output', NF_BR_PRI_FILTER_BRIDGED),
    ],
  },
  {
    name: 'nat',
    chains: [
      chain('PREROUTING', 'prerouting', NF_BR_PRI_NAT_DST_BRIDGED),
      chain('OUTPUT', 'output', NF_BR_PRI_NAT_DST_OTHER),
      chain('POSTROUTING', 'postrouting', NF_BR_PRI_NAT_SRC),
    ],
  },
  { name: 'broute', chains: [chain('BROUTING', 'prerouting', NF_BR_PRI_FIRST)] },
];

export const BUILTIN_TABLES: Readonly<Record<XtFamily, readonly BuiltinTable[]>> = {
  ip: IP,
  ip6: IP,
  arp: ARP,
  bridge: BRIDGE,
};

export const builtinTable = (family: XtFamily, name: string): BuiltinTable | undefined =>
  BUILTIN_TABLES[family].find((table) => table.name === name);

export const builtinChain = (table: BuiltinTable, name: string): BuiltinChain | undefined =>
  table.chains.find((one) => one.name === name);

/** Which chains are built in, said where a name is one of a chain that is built in elsewhere alone. */
export function builtinElsewhere(
  family: XtFamily,
  table: string,
  name: string,
): string | undefined {
  const isBuiltin = BUILTIN_TABLES[family].some((one) => builtinChain(one, name) !== undefined);
  const chains = builtinTable(family, table)?.chains;
  if (!isBuiltin || chains === undefined) return undefined;
  return `table ${table} has ${chains.map((one) => one.name).join(', ')}`;
}
