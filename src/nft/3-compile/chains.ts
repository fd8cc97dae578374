// Chains and flow tables: hooks a family has, priorities by name, devices.

import type { BaseHook, ChainType, HookName } from '../../program/index.ts';
import { refuse } from '../2-check/index.ts';
import type {
  ChainDeclaration,
  Family,
  FlowtableDeclaration,
  Name,
  Priority,
} from '../ast/index.ts';
import { nearest } from '../diagnostics/index.ts';
import { priorityByName, priorityNames } from '../types/index.ts';

const INET_HOOKS: readonly HookName[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

/** Where a family's packets pass (net/netfilter/nf_tables_api.c, nft_chain_filter.c). */
const HOOKS: Readonly<Record<Family, readonly HookName[]>> = {
  ip: INET_HOOKS,
  ip6: INET_HOOKS,
  inet: [...INET_HOOKS, 'ingress'],
  bridge: INET_HOOKS,
  arp: ['input', 'output', 'forward'],
  netdev: ['ingress', 'egress'],
};

/** nat chains are for IP and have no forward hook; route chains only see local output. */
const TYPES: Readonly<
  Record<ChainType, { readonly families: readonly Family[]; readonly hooks: readonly HookName[] }>
> = {
  filter: {
    families: ['ip', 'ip6', 'inet', 'bridge', 'arp', 'netdev'],
    hooks: [...INET_HOOKS, 'ingress', 'egress'],
  },
  nat: {
    families: ['ip', 'ip6', 'inet'],
    hooks: ['prerouting', 'input', 'output', 'postrouting'],
  },
  route: { families: ['ip', 'ip6', 'inet'], hooks: ['output'] },
};

function oneOf<T extends string>(word: Name, known: readonly T[], message: string): T {
  const found = known.find((name) => name === word.name);
  if (found !== undefined) return found;
  return refuse('bad_hook', word.span, message, { suggestion: nearest(word.name, known) });
}

/** `filter + 10` as a number; the names depend on the family and some on the hook. */
export function priorityOf(x: Priority, family: Family, hook: string): number {
  if (x.name === undefined) return x.offset;
  const base = priorityByName(x.name, family, hook);
  if (base !== undefined) return base + x.offset;
  const names = priorityNames(family);
  return refuse('bad_priority', x.span, `no priority '${x.name}' at this hook of ${family}`, {
    suggestion: nearest(x.name, names.keys()),
  });
}

export function baseHook(x: ChainDeclaration): BaseHook | undefined {
  const spec = x.hook;
  if (spec === undefined) return undefined;
  const { family } = x;
  const types = Object.keys(TYPES) as ChainType[];
  const type = oneOf(spec.type, types, `unknown chain type '${spec.type.name}'`);
  const message = `the ${family} family does not support hook '${spec.hook.name}'`;
  const hook = oneOf(spec.hook, HOOKS[family], message);
  const rules = TYPES[type];
  if (!rules.families.includes(family) || !rules.hooks.includes(hook)) {
    refuse('bad_hook', spec.span, `a ${type} chain cannot be at hook ${hook} of ${family}`);
  }
  const priority = priorityOf(spec.priority, family, hook);
  if (type === 'nat' && priority <= -200) {
    // Below connection tracking there is no connection to translate (nf_tables_api.c).
    refuse('bad_priority', spec.priority.span, 'a nat chain must come after connection tracking', {
      hint: 'use a priority above -200',
    });
  }
  return { type, hook, priority, devices: devicesOf(x, hook) };
}

function devicesOf(x: ChainDeclaration, hook: HookName): string[] {
  const bound = x.family === 'netdev' || hook === 'ingress';
  const [first] = x.devices;
  if (first !== undefined && !bound) {
    refuse('bad_device', first.span, 'this chain type cannot be bound to device');
  }
  return x.devices.map(({ name }) => name);
}

export function flowtableHook(x: FlowtableDeclaration): { hook: 'ingress'; priority: number } {
  if (x.hook !== undefined && x.hook.name !== 'ingress') {
    refuse('bad_hook', x.hook.span, `invalid hook ${x.hook.name}: a flow table is at ingress`);
  }
  const priority = x.priority === undefined ? 0 : priorityOf(x.priority, 'netdev', 'ingress');
  return { hook: 'ingress', priority };
}
