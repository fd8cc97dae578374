// A rule in a small table, compiled: what most tests of this phase look at.

import { type Change, printExprs } from '../../program/index.ts';
import { type CompileResult, compile } from '../index.ts';

type Family = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

const HOOKS: Readonly<Record<Family, string>> = {
  ip: 'input',
  ip6: 'input',
  inet: 'input',
  arp: 'input',
  bridge: 'input',
  netdev: 'ingress device "lo"',
};

const TYPES: Readonly<Record<string, string>> = { prerouting: 'nat', postrouting: 'nat' };

/** A table `t` with a set, a map, a chain `d` and the rule in a base chain `c`. */
export function ruleset(family: Family, rule: string, hook = HOOKS[family]): string {
  const type = TYPES[hook] ?? 'filter';
  return `table ${family} t {
  counter n { }
  set s { type ipv4_addr; flags interval; }
  set u { type ipv4_addr; flags dynamic; }
  map m { type inet_service : verdict; }
  chain d { }
  chain c { type ${type} hook ${hook} priority 0;
    ${rule}
  }
}`;
}

export const compileText = (text: string): CompileResult => compile({ name: 'test.nft', text });

type ChangeOf<K extends Change['op']> = Extract<Change, { op: K }>;

export const changesOf = <K extends Change['op']>(
  { batch }: CompileResult,
  op: K,
): readonly ChangeOf<K>[] => batch.filter((change): change is ChangeOf<K> => change.op === op);

/** The expressions of a rule, one a line, as the program prints them. */
export function bytecode(family: Family, rule: string, hook?: string): string[] {
  const result = compileText(ruleset(family, rule, hook));
  const [problem] = result.diagnostics;
  if (problem !== undefined) throw new Error(`${problem.code}: ${problem.message}`);
  return changesOf(result, 'newrule').flatMap((change) => printExprs(change.rule));
}

/** What the first complaint points at, and its code. */
export function complaint(text: string): { at: string; code: string } | undefined {
  const [first] = compileText(text).diagnostics;
  if (first === undefined) return undefined;
  return { code: first.code, at: text.slice(first.span.start, first.span.end) };
}
