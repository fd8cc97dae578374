// What the cases are about: the expressions of their rulesets, and where those stand.

import { manualClock, Netns, seeded } from '../../../src/core/index.ts';
import { NfTables } from '../../../src/engine/index.ts';
import { compile } from '../../../src/nft/index.ts';
import type { BaseHook, Batch, Chain, Expr, Program, Table } from '../../../src/program/index.ts';
import type { Case } from '../case.ts';

/** Where rules run: a family, or what a family has at a device. */
export const PLACES = [
  'ip',
  'ip6',
  'inet',
  'inet ingress',
  'arp',
  'bridge',
  'netdev ingress',
  'netdev egress',
] as const;
export type Place = (typeof PLACES)[number];

const placeOf = ({ family }: Table, base: BaseHook | undefined): Place => {
  if (family === 'netdev') return base?.hook === 'egress' ? 'netdev egress' : 'netdev ingress';
  return family === 'inet' && base?.hook === 'ingress' ? 'inet ingress' : family;
};

function lookupOf({ dreg, invert }: Extract<Expr, { kind: 'lookup' }>): string {
  if (dreg !== undefined) return dreg === 0 ? 'verdict' : 'data';
  return invert ? 'not' : 'set';
}

/** What distinguishes two uses of one expression: the fact a case can be named for. */
function variant(expr: Expr): string {
  switch (expr.kind) {
    case 'meta':
    case 'meta-set':
    case 'rt':
    case 'socket':
    case 'tunnel':
      return expr.key;
    case 'ct':
    case 'ct-set':
      return expr.dir === undefined ? expr.key : `${expr.dir} ${expr.key}`;
    case 'xfrm':
      return `${expr.dir} ${expr.key}`;
    case 'payload':
      return expr.base;
    case 'payload-write':
      return `${expr.base} ${expr.csumType}`;
    case 'cmp':
    case 'range':
    case 'bitwise':
    case 'dynset':
      return expr.op;
    case 'byteorder':
      return `${expr.op} ${expr.size}`;
    case 'exthdr':
      return `${expr.op} ${expr.present ? 'present' : 'value'}`;
    case 'exthdr-write':
    case 'exthdr-reset':
      return expr.op;
    case 'fib':
      return expr.flags.includes('present') ? 'present' : expr.result;
    case 'numgen':
    case 'hash':
    case 'inner':
    case 'reject':
      return expr.type;
    case 'nat':
      return expr.type;
    case 'limit':
      return `${expr.type}${expr.invert ? ' over' : ''}`;
    case 'quota':
    case 'connlimit':
      return expr.invert ? 'over' : 'until';
    case 'lookup':
      return lookupOf(expr);
    case 'objref':
      return 'set' in expr.ref ? 'map' : expr.ref.type;
    case 'immediate':
      return expr.data.kind === 'value' ? 'value' : expr.data.verdict.code;
    case 'log':
      return expr.group === undefined ? 'syslog' : 'group';
    case 'tproxy':
      return expr.family;
    case 'dup':
    case 'fwd':
      return expr.sregAddr === undefined ? 'device' : 'address';
    default:
      return '';
  }
}

export interface Fact {
  readonly kind: string;
  readonly variant: string;
  readonly place: Place;
}

const inside = (expr: Expr): readonly Expr[] =>
  expr.kind === 'dynset' ? expr.exprs : expr.kind === 'inner' ? [expr.expr] : [];

function factsOfExprs(exprs: readonly Expr[], place: Place): Fact[] {
  return exprs.flatMap((expr) => [
    { kind: expr.kind, variant: variant(expr), place },
    ...factsOfExprs(inside(expr), place),
  ]);
}

/** Chains that are called run where their callers do. */
function placesOf(table: Table, chain: Chain): Place[] {
  if (chain.base !== undefined) return [placeOf(table, chain.base)];
  const bases = table.chains.filter(({ base }) => base !== undefined);
  return [...new Set(bases.map(({ base }) => placeOf(table, base)))];
}

function factsOf(program: Program): Fact[] {
  return program.tables.flatMap((table) => [
    ...table.chains.flatMap((chain) =>
      placesOf(table, chain).flatMap((place) =>
        chain.rules.flatMap(({ exprs }) => factsOfExprs(exprs, place)),
      ),
    ),
    ...table.sets.flatMap((set) => [
      ...set.flags.map((flag) => ({
        kind: 'set',
        variant: flag,
        place: placeOf(table, undefined),
      })),
      ...factsOfExprs(set.exprs, placeOf(table, undefined)),
    ]),
    ...table.objects.map(({ data }) => ({
      kind: 'object',
      variant: data.kind,
      place: placeOf(table, undefined),
    })),
  ]);
}

/** Every interface is there. */
const symbols = { interfaceIndex: (): number => 1 };

/** The rulesets a case has, one after the other: what it begins with, and what its steps make of it. */
function* programsOf(one: Case): Generator<Program> {
  const tables = new NfTables(new Netns({ clock: manualClock(), random: seeded(1) }));
  const change = (text: string): void => {
    const name = one.name;
    const { batch, diagnostics } = compile({ name, text }, { current: tables.list(), symbols });
    if (diagnostics.length === 0) tryApply(tables, batch);
  };
  change(one.ruleset ?? '');
  if (one.rules !== undefined) tryApply(tables, one.rules);
  yield tables.list();
  for (const step of one.steps) {
    if (!('nft' in step) || step.refused === true) continue;
    change(step.nft);
    yield tables.list();
  }
}

/** What needs interfaces or files is not here, and what is refused is no ruleset. */
function tryApply(tables: NfTables, batch: Batch): void {
  try {
    tables.apply(batch);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

/** The names of the cases by each fact: `meta mark`, and `meta @ bridge`. */
export function census(cases: readonly Case[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, Set<string>>();
  const note = (fact: string, name: string): void => {
    const known = names.get(fact);
    if (known === undefined) names.set(fact, new Set([name]));
    else known.add(name);
  };
  for (const one of cases) {
    for (const program of programsOf(one)) {
      for (const { kind, variant: what, place } of factsOf(program)) {
        note(`${kind} ${what}`.trimEnd(), one.name);
        note(`${kind} @ ${place}`, one.name);
      }
    }
  }
  return new Map([...names].map(([fact, all]) => [fact, [...all]]));
}
