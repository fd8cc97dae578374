// newchain, renamechain and delchain: nf_tables_newchain() and its neighbours in nf_tables_api.c.

import type {
  BaseHook,
  Chain as ChainSpec,
  ChainType,
  Change,
  Family,
  HookName,
} from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { Chain } from '../state/chain.ts';
import { chainOf } from '../state/ruleset.ts';
import type { Table } from '../state/table.ts';
import { flushChain } from './rules.ts';
import { checkName } from './tables.ts';
import { freeName, type Transaction } from './transaction.ts';

type NewChain = Extract<Change, { op: 'newchain' }>;
type RenameChain = Extract<Change, { op: 'renamechain' }>;
type DelChain = Extract<Change, { op: 'delchain' }>;

/** NF_IP_PRI_CONNTRACK: nat looks at connections, so it comes behind. */
const NF_IP_PRI_CONNTRACK = -200;

const INET: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const NAT: readonly HookName[] = ['prerouting', 'input', 'output', 'postrouting'];
const IP_TYPES = { filter: INET, nat: NAT, route: ['output'] as const };

/** The chain types of each family and their hooks (nft_chain_filter.c, nft_chain_nat.c, …_route.c). */
const TYPES: Readonly<Record<Family, Partial<Record<ChainType, readonly HookName[]>>>> = {
  ip: IP_TYPES,
  ip6: IP_TYPES,
  inet: { ...IP_TYPES, filter: [...INET, 'ingress'] },
  arp: { filter: ['input', 'output'] },
  bridge: { filter: INET },
  netdev: { filter: ['ingress', 'egress'] },
};

/** nft_chain_parse_hook() */
function checkBase(family: Family, base: BaseHook): void {
  const hooks = TYPES[family][base.type];
  if (hooks === undefined)
    refuse('ENOENT', `there are no chains of type ${base.type} in family ${family}`);
  if (!hooks.includes(base.hook))
    refuse('EOPNOTSUPP', `a ${base.type} chain of family ${family} has no hook ${base.hook}`);
  if (base.type === 'nat' && base.priority <= NF_IP_PRI_CONNTRACK)
    refuse('EOPNOTSUPP', 'nat chains come behind connection tracking: priority above -200');
  const onDevices = base.hook === 'ingress' || base.hook === 'egress';
  if (!onDevices && base.devices.length > 0)
    refuse('EOPNOTSUPP', `hook ${base.hook} belongs to no device`);
}

export function newChain(tx: Transaction, change: NewChain): void {
  const table = tx.state.table(change.family, change.table);
  const { chain: spec } = change;
  const old = spec.flags.includes('binding') ? undefined : table.chains.get(spec.name);
  if (old !== undefined) {
    if (change.create) refuse('EEXIST', `chain ${spec.name} exists`);
    updateChain(tx, old, change);
    return;
  }
  checkName(spec.name);
  if (spec.base === undefined && spec.policy !== undefined)
    refuse('EOPNOTSUPP', `chain ${spec.name} has no hook, and so no policy`);
  if (spec.base !== undefined) checkBase(table.family, spec.base);
  const anonymous = spec.flags.includes('binding');
  const name =
    anonymous && (table.chains.has(spec.name) || spec.name.includes('%'))
      ? freeName(table.chains, '__chain')
      : spec.name;
  const chain = new Chain(table, tx.handle(table, spec.handle), { ...spec, name });
  tx.put(table.chains, name, chain);
  if (anonymous) tx.alias(table, spec.name, chain);
  tx.chains.add(chain);
  tx.tables.add(table);
  tx.done.push({ ...change, chain: { ...spec, name, handle: chain.handle } });
}

/** nf_tables_updchain(): policy and devices can change, the rest cannot. */
function updateChain(tx: Transaction, chain: Chain, change: NewChain): void {
  const { base, policy } = change.chain;
  if (policy !== undefined && chain.base === undefined)
    refuse('EOPNOTSUPP', `chain ${chain.name} has no hook, and so no policy`);
  if (base !== undefined) {
    const own = chain.base;
    if (own === undefined || own.type !== base.type)
      refuse('EEXIST', `chain ${chain.name} exists and is another`);
    if (own.hook !== base.hook || own.priority !== base.priority)
      refuse('EOPNOTSUPP', `chain ${chain.name} is at ${own.hook}, priority ${own.priority}`);
    addDevices(tx, chain, base.devices);
  }
  setCounters(tx, chain, change.chain.counters);
  if (policy === undefined || policy === chain.policy) return;
  const before = chain.policy;
  chain.policy = policy;
  tx.undoWith(() => {
    chain.policy = before;
  });
  tx.done.push(change);
}

/** NFTA_CHAIN_COUNTERS of a chain that is there replaces what was counted. */
function setCounters(tx: Transaction, chain: Chain, counters: ChainSpec['counters']): void {
  if (counters === undefined) return;
  const { packets, bytes, counted } = chain;
  Object.assign(chain, counters, { counted: true });
  tx.undoWith(() => {
    Object.assign(chain, { packets, bytes, counted });
  });
}

function setDevices(tx: Transaction, chain: Chain, devices: readonly string[]): void {
  const before = chain.devices;
  chain.devices = devices;
  tx.tables.add(chain.table);
  tx.undoWith(() => {
    chain.devices = before;
  });
}

function addDevices(tx: Transaction, chain: Chain, devices: readonly string[]): void {
  const more = devices.filter((device) => !chain.devices.includes(device));
  if (more.length > 0) setDevices(tx, chain, [...chain.devices, ...more]);
}

export function renameChain(tx: Transaction, change: RenameChain): void {
  const table = tx.state.table(change.family, change.table);
  const chain = chainOf(table, change.chain);
  checkName(change.to);
  if (table.chains.has(change.to)) refuse('EEXIST', `chain ${change.to} exists`);
  const before = [...table.chains];
  const rename = (chains: readonly [string, Chain][], name: string): void => {
    table.chains.clear();
    for (const [key, one] of chains) table.chains.set(one === chain ? name : key, one);
    chain.name = name;
  };
  rename(before, change.to);
  tx.undoWith(() => rename(before, change.chain));
  tx.done.push(change);
}

export function findChain(
  table: Table,
  ref: { name?: string; handle?: number },
): Chain | undefined {
  if (ref.name !== undefined) return table.chains.get(ref.name);
  return [...table.chains.values()].find((chain) => chain.handle === ref.handle);
}

export function delChain(tx: Transaction, change: DelChain): void {
  const table = tx.state.find(change.family, change.table);
  const chain = table === undefined ? undefined : findChain(table, change.chain);
  if (table === undefined || chain === undefined) {
    if (change.destroy) return;
    tx.state.table(change.family, change.table);
    const { name, handle } = change.chain;
    refuse('ENOENT', `there is no chain ${name ?? `with handle ${handle}`}`);
  }
  if (change.devices !== undefined) {
    const { devices } = change;
    for (const device of devices)
      if (!chain.devices.includes(device))
        refuse('ENOENT', `chain ${chain.name} is not on device ${device}`);
    setDevices(
      tx,
      chain,
      chain.devices.filter((device) => !devices.includes(device)),
    );
    tx.done.push(change);
    return;
  }
  removeChain(tx, chain);
  tx.done.push({ ...change, chain: { name: chain.name, handle: chain.handle } });
}

/** A chain goes with its rules, unless something jumps to it, be it one of these rules. */
export function removeChain(tx: Transaction, chain: Chain): void {
  if (chain.uses > 0) refuse('EBUSY', `chain ${chain.name} is jumped to`);
  flushChain(tx, chain);
  tx.drop(chain.table.chains, chain.name);
  chain.table.retired.add(chain);
  tx.undoWith(() => chain.table.retired.delete(chain));
  tx.chains.add(chain);
  tx.tables.add(chain.table);
}
