// Random rulesets for ebtables and arptables, valid by construction.

import type { Random } from '../../../src/core/index.ts';
import type { XtRulesets } from '../case.ts';
import { arpRule, frameRule } from './link-parts.ts';
import { pick } from './words.ts';

export interface LinkChain {
  readonly name: string;
  readonly policy: string;
  readonly rules: readonly string[];
}

export interface LinkTable {
  readonly tool: 'arptables' | 'ebtables';
  readonly name: string;
  readonly chains: readonly LinkChain[];
}

const CHAINS: Readonly<Record<string, readonly string[]>> = {
  'ebtables filter': ['INPUT', 'FORWARD', 'OUTPUT'],
  'ebtables nat': ['PREROUTING', 'OUTPUT', 'POSTROUTING'],
  'arptables filter': ['INPUT', 'OUTPUT'],
};
const SUBS = ['sub0', 'sub1', 'sub2'];
/** Chains of ebtables' users have policies, too. */
const SUB_POLICIES = {
  ebtables: ['RETURN', 'RETURN', 'ACCEPT', 'DROP'],
  arptables: ['-'],
} as const;

type Kind = Pick<LinkTable, 'tool' | 'name'>;

function rulesOf(r: Random, n: number, { tool, name }: Kind, chain: string, calls: string[]) {
  const make = (): string =>
    tool === 'ebtables' ? frameRule(r, name, chain, calls) : arpRule(r, chain, calls);
  return Array.from({ length: r.below(n + 1) }, make);
}

/** Chains of a user call only those before them: there are no circles. */
function table(r: Random, kind: Kind): LinkTable {
  const subs = SUBS.slice(0, r.below(SUBS.length + 1));
  const chains = subs.map((name, i) => ({
    name,
    policy: pick(r, SUB_POLICIES[kind.tool]),
    rules: rulesOf(r, 3, kind, '', subs.slice(0, i)),
  }));
  const bases = CHAINS[`${kind.tool} ${kind.name}`]!.map((name) => ({
    name,
    policy: pick(r, ['ACCEPT', 'ACCEPT', 'ACCEPT', 'DROP']),
    rules: rulesOf(r, 5, kind, name, subs),
  }));
  return { ...kind, chains: [...chains, ...bases] };
}

export const frameTables = (r: Random): LinkTable[] =>
  pick(r, [['filter'], ['nat'], ['filter', 'nat']]).map((name) =>
    table(r, { tool: 'ebtables', name }),
  );

export const arpTables = (r: Random): LinkTable[] => [
  table(r, { tool: 'arptables', name: 'filter' }),
];

/** A command a line: ebtables-nft-restore 1.8.9 fails over a second set of addresses. */
function tableText({ tool, name, chains }: LinkTable): string {
  const bases = CHAINS[`${tool} ${name}`]!;
  const policies = new Map(chains.map((chain) => [chain.name, chain.policy]));
  const called = chains
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => /-j (sub\d)/.exec(rule)?.[1] ?? []);
  const subs = new Set(
    [...called, ...policies.keys()].filter((one) => !bases.includes(one)).sort(),
  );
  const policyOf = (chain: string): string => {
    const policy = policies.get(chain) ?? '-';
    return policy === '-' ? '' : `-P ${chain} ${policy}`;
  };
  return [
    ...[...subs].map((sub) => `-N ${sub}`),
    ...[...bases, ...subs].map(policyOf).filter((line) => line !== ''),
    ...chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`)),
  ]
    .map((line) => `-t ${name} ${line}`)
    .join('\n');
}

/** As a case carries them. Chains that rules name but that are gone are made empty. */
export const linkTextOf = (tables: readonly LinkTable[]): XtRulesets =>
  Object.fromEntries(
    (['arptables', 'ebtables'] as const)
      .map((tool) => [
        tool,
        tables
          .filter((one) => one.tool === tool)
          .map(tableText)
          .join('\n'),
      ])
      .filter(([, text]) => text !== ''),
  );
