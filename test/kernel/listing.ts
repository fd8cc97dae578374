// What traffic left behind in a ruleset: counters of rules, elements of named sets and what hangs on
// them, counters and quotas by name. Read from the JSON of `nft -j list ruleset`, which both give.

import type { Case, RuleCounter } from './case.ts';
import { xtTables } from './xtables.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Named {
  readonly family: string;
  readonly table: string;
  readonly name: string;
}

interface ListedRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** A named counter is a string here, and counts in its object. */
  readonly expr: readonly Readonly<Record<string, { packets: number; bytes: number } | string>>[];
}

interface Item {
  readonly rule?: ListedRule;
  readonly set?: Named & { readonly elem?: readonly Json[] };
  readonly map?: Named & { readonly elem?: readonly Json[] };
  readonly counter?: Named & { readonly packets: number; readonly bytes: number };
  readonly quota?: Named & { readonly used: number };
}

export interface Listing {
  readonly nftables: readonly Item[];
}

/** The counters of rules, in the order rules are listed; those of xtables are looked up by themselves. */
export function ruleCounters({ nftables }: Listing, one: Case): RuleCounter[] {
  const xtables = xtTables(one);
  const found: RuleCounter[] = [];
  const position = new Map<string, number>();
  for (const { rule } of nftables) {
    if (rule === undefined || xtables.has(`${rule.family} ${rule.table}`)) continue;
    const chain = `${rule.family} ${rule.table} ${rule.chain}`;
    const at = position.get(chain) ?? 0;
    position.set(chain, at + 1);
    for (const { counter } of rule.expr)
      if (typeof counter === 'object')
        found.push({ chain, rule: at, packets: counter.packets, bytes: counter.bytes });
  }
  return found;
}

/** With keys in order and without what real time changes. */
function settled(value: Json): Json {
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'expires');
  return Object.fromEntries(entries.sort().map(([key, v]) => [key, settled(v)]));
}

/** nft 1.0.6 does not list the sets of meters; cases name theirs so. */
const METER = /^meter/;

/** A line for each element of a named set, and for each named counter and quota; sorted. */
export function namedState({ nftables }: Listing): string[] {
  const where = ({ family, table, name }: Named): string => `${family} ${table} ${name}`;
  const lines = nftables.flatMap(({ set, map, counter, quota }) => {
    const holder = set ?? map;
    if (holder !== undefined && METER.test(holder.name)) return [];
    if (holder !== undefined)
      return (holder.elem ?? []).map((e) => `${where(holder)}: ${JSON.stringify(settled(e))}`);
    if (counter !== undefined)
      return [`counter ${where(counter)}: packets ${counter.packets} bytes ${counter.bytes}`];
    return quota === undefined ? [] : [`quota ${where(quota)}: used ${quota.used}`];
  });
  return lines.sort();
}
