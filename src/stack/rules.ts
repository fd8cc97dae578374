// Policy routing: rules choose the table (net/core/fib_rules.c, fib_rules of both families).

import type { Family } from './address.ts';
import { samePrefix } from './address.ts';
import type { FibResult } from './fib.ts';
import { FibTable } from './fib.ts';
import {
  EACCES,
  EHOSTUNREACH,
  EINVAL,
  ENETUNREACH,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_THROW,
  RTN_UNREACHABLE,
} from './numbers.ts';

export interface RulePrefix {
  readonly address: Uint8Array;
  readonly length: number;
}

export interface Rule {
  readonly priority: number;
  readonly not: boolean;
  readonly from: RulePrefix | null;
  readonly to: RulePrefix | null;
  readonly mark: number;
  readonly mask: number;
  readonly iif: string;
  readonly oif: string;
  readonly tos: number;
  readonly ipproto: number;
  readonly sport: readonly [number, number] | null;
  readonly dport: readonly [number, number] | null;
  readonly action: 'table' | 'blackhole' | 'unreachable' | 'prohibit' | 'goto' | 'nop';
  readonly table: number;
  readonly target: number;
  /** -1 for none. */
  readonly suppressPrefixLength: number;
}

export const rule = (priority: number, fields: Partial<Rule>): Rule => ({
  priority,
  not: false,
  from: null,
  to: null,
  mark: 0,
  mask: 0,
  iif: '',
  oif: '',
  tos: 0,
  ipproto: 0,
  sport: null,
  dport: null,
  action: 'table',
  table: RT_TABLE_MAIN,
  target: 0,
  suppressPrefixLength: -1,
  ...fields,
});

export const defaultRules = (family: Family): Rule[] => [
  rule(0, { table: RT_TABLE_LOCAL }),
  rule(32766, { table: RT_TABLE_MAIN }),
  ...(family === 'ip' ? [rule(32767, { table: RT_TABLE_DEFAULT })] : []),
];

/** What is looked up: struct flowi4 and flowi6 in one. Reused from look-up to look-up. */
export class FlowKey {
  address: Uint8Array = new Uint8Array(0);
  offset = 0;
  source: Uint8Array | null = null;
  sourceOffset = 0;
  mark = 0;
  tos = 0;
  /** Name and index of the input device; packets made here have `lo` (LOOPBACK_IFINDEX). */
  iif = 'lo';
  oif = 0;
  oifName = '';
  protocol = 0;
  sport = 0;
  dport = 0;
  hash = 0;
}

const inRange = (value: number, range: readonly [number, number] | null): boolean =>
  range === null || (value >= range[0] && value <= range[1]);

function prefixMatches(
  prefix: RulePrefix | null,
  address: Uint8Array | null,
  offset: number,
): boolean {
  if (prefix === null || prefix.length === 0) return true;
  return address !== null && samePrefix(address, offset, prefix.address, 0, prefix.length);
}

/** fib_rule_match() and fib4_rule_match(). */
function matches(r: Rule, key: FlowKey): boolean {
  const all =
    (r.iif === '' || r.iif === key.iif) &&
    (r.oif === '' || r.oif === key.oifName) &&
    ((key.mark ^ r.mark) & r.mask) === 0 &&
    prefixMatches(r.to, key.address, key.offset) &&
    prefixMatches(r.from, key.source, key.sourceOffset) &&
    (r.tos === 0 || r.tos === key.tos) &&
    (r.ipproto === 0 || r.ipproto === key.protocol) &&
    inRange(key.sport, r.sport) &&
    inRange(key.dport, r.dport);
  return all !== r.not;
}

const ERROR_OF_TYPE: Readonly<Record<number, number>> = {
  [RTN_BLACKHOLE]: EINVAL,
  [RTN_UNREACHABLE]: EHOSTUNREACH,
  [RTN_PROHIBIT]: EACCES,
};

const ERROR_OF_ACTION = {
  blackhole: EINVAL,
  unreachable: ENETUNREACH,
  prohibit: EACCES,
} as const;

/** A route, or the errno of why there is none. */
export type Lookup = FibResult | number;

/** All tables and rules of one family. */
export class Fib {
  readonly family: Family;
  readonly #width: number;
  readonly tables = new Map<number, FibTable>();
  rules: readonly Rule[];
  /** Rules other than the standard ones exist (fib4_has_custom_rules). */
  customRules = false;

  constructor(family: Family) {
    this.family = family;
    this.#width = family === 'ip' ? 4 : 16;
    this.rules = defaultRules(family);
  }

  table(id: number): FibTable {
    let table = this.tables.get(id);
    if (table === undefined) {
      table = new FibTable(id, this.#width);
      this.tables.set(id, table);
    }
    return table;
  }

  setRules(rules: readonly Rule[]): void {
    this.rules = [...rules].sort((a, b) => a.priority - b.priority);
    this.customRules = true;
  }

  /** fib_lookup() over fib_rules_lookup(). */
  lookup(key: FlowKey): Lookup {
    for (let i = 0; i < this.rules.length; i++) {
      const r = this.rules[i]!;
      if (!matches(r, key)) continue;
      if (r.action === 'goto') {
        const to = this.rules.findIndex((other) => other.priority >= r.target);
        if (to > i) i = to - 1;
        continue;
      }
      if (r.action === 'nop') continue;
      if (r.action !== 'table') return ERROR_OF_ACTION[r.action];
      const result = this.tables.get(r.table)?.lookup(key) ?? null;
      if (result === null || result.route.type === RTN_THROW) continue;
      if (result.route.length <= r.suppressPrefixLength) continue;
      return ERROR_OF_TYPE[result.route.type] ?? result;
    }
    return ENETUNREACH;
  }
}
