// Rulesets of xtables on the kernel: loaded, changed and read by the real tools.

import type { XtFamily } from '../../src/iptables/index.ts';
import { shellWords } from '../shell-words.ts';
import type { Case, RuleCounter, XtRulesets, XtVariant } from './case.ts';
import { command } from './command.ts';

export type XtTool = Exclude<keyof XtRulesets, 'ipset' | 'nfacct'>;

export const XT_TOOLS = ['iptables', 'ip6tables', 'arptables', 'ebtables'] as const;

export const FAMILY: Readonly<Record<XtTool, XtFamily>> = {
  iptables: 'ip',
  ip6tables: 'ip6',
  arptables: 'arp',
  ebtables: 'bridge',
};

export const isXtTool = (name: string): name is XtTool => Object.hasOwn(FAMILY, name);

/** The tables a case has: `ip filter`. Everything iptables-nft may make is iptables' own. */
export function xtTables({ xtables = {} }: Case): ReadonlySet<string> {
  const tables = ['raw', 'mangle', 'nat', 'filter', 'security', 'broute'];
  const used = XT_TOOLS.filter((tool) => xtables[tool] !== undefined);
  return new Set(used.flatMap((tool) => tables.map((table) => `${FAMILY[tool]} ${table}`)));
}

/** There is no legacy ebtables in every kernel, and arptables is the same in both. */
const program = (tool: XtTool, variant: XtVariant, what = ''): string =>
  `${tool}-${tool === 'iptables' || tool === 'ip6tables' ? variant : 'nft'}${what}`;

/** ebtables-restore reads counters unasked, and refuses to be asked. */
const restoreOptions = (tool: XtTool): string[] => (tool === 'ebtables' ? [] : ['-c']);

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** A file may be indented in a case, and lack what ends it. */
export const restoreFile = (text: string): string => {
  const lines = linesOf(text);
  return `${[...lines, ...(lines.at(-1) === 'COMMIT' ? [] : ['COMMIT'])].join('\n')}\n`;
};

/** In the namespace of the calling thread. @throws Error with what the tool says */
export function loadXtables({ xtables = {}, only = 'nft' }: Case): void {
  if (xtables.ipset !== undefined)
    command('ipset', ['restore'], `${linesOf(xtables.ipset).join('\n')}\n`);
  if (xtables.nfacct !== undefined)
    command('nfacct', ['restore'], `${linesOf(xtables.nfacct).join('\n')}\n`);
  for (const tool of XT_TOOLS) {
    const text = xtables[tool];
    if (text?.trimStart().startsWith('*') === true)
      command(program(tool, only, '-restore'), restoreOptions(tool), restoreFile(text));
    else for (const line of linesOf(text ?? '')) command(program(tool, only), shellWords(line));
  }
}

/** One command line with its tool's name. @throws Error where the tool does not answer as it should */
export function runXtables(line: string, variant: XtVariant, refused: boolean): void {
  const [tool = '', ...args] = shellWords(line);
  let answer: unknown;
  try {
    command(isXtTool(tool) ? program(tool, variant) : tool, args);
  } catch (error) {
    answer = error;
  }
  if ((answer !== undefined) !== refused)
    throw new Error(`${tool} ${refused ? 'took' : 'refused'} ${line}: ${String(answer)}`);
}

/** In the namespace of the calling thread: a line for each accounting object. */
export const accountingLines = ({ xtables = {} }: Case): string[] =>
  xtables.nfacct === undefined ? [] : linesOf(command('nfacct', ['list']));

const EMPTY = [
  '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT',
  '*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT',
  '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT',
  '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT',
  '*security\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT',
];

/** What `nft flush ruleset` does not take: legacy tables, and sets. */
export function clearXtables(variant: XtVariant): void {
  if (variant === 'legacy')
    for (const tool of ['iptables', 'ip6tables'])
      command(`${tool}-legacy-restore`, ['-c'], `${EMPTY.join('\n')}\n`);
  // Lists hold their members.
  command('ipset', ['restore'], 'flush\ndestroy\n');
}

/** The chains of lines without a file: `iptables mangle FORWARD`. */
const chainsIn = (tool: string, text: string): string[] =>
  linesOf(text).flatMap((line) => {
    const chain = /(?:^|\s)-[AIRDP]\s+(\S+)/.exec(line)?.[1];
    const table = /(?:^|\s)-t\s+(\S+)/.exec(line)?.[1] ?? 'filter';
    return chain === undefined ? [] : [`${tool} ${table} ${chain}`];
  });

/** What a case speaks of; legacy tables that were once loaded stay, and count in all their chains. */
function isSpokenOf({ xtables = {}, steps }: Case, tool: XtTool, chain: string): boolean {
  const text = xtables[tool] ?? '';
  const run = steps.flatMap((step) => ('run' in step && step.refused !== true ? [step.run] : []));
  const named = run.flatMap((line) => chainsIn(line.split(' ')[0]!, line));
  if (!text.trimStart().startsWith('*')) return [...chainsIn(tool, text), ...named].includes(chain);
  const [, table, name] = chain.split(' ');
  return (new RegExp(`\\*${table}\\b`).test(text) && text.includes(name!)) || named.includes(chain);
}

/** Base chains that iptables-nft 1.8.9 makes for an appended rule do not count; those of a file do. */
const countsPolicies = (text: string, { only }: Case): boolean =>
  only === 'legacy' || text.trimStart().startsWith('*');

/** Counters of a case's tool by what its save command writes; a policy's are rule -1. */
export function savedCounters(one: Case, tool: XtTool, saved: string): RuleCounter[] {
  const text = one.xtables?.[tool];
  if (text === undefined) return [];
  const counters = countersOf(tool, saved).filter(({ chain }) => isSpokenOf(one, tool, chain));
  return countsPolicies(text, one) ? counters : counters.filter(({ rule }) => rule >= 0);
}

function countersOf(tool: XtTool, saved: string): RuleCounter[] {
  let table = '';
  const position = new Map<string, number>();
  return saved.split('\n').flatMap((line): RuleCounter[] => {
    if (line.startsWith('*')) table = line.slice(1);
    const policy = /^:(\S+) [A-Z]+ \[(\d+):(\d+)\]/.exec(line);
    if (policy !== null)
      return [counter(`${tool} ${table} ${policy[1]}`, -1, policy[2], policy[3])];
    const rule = /^\[(\d+):(\d+)\] -A (\S+)/.exec(line);
    if (rule === null) return [];
    const chain = `${tool} ${table} ${rule[3]}`;
    const at = position.get(chain) ?? 0;
    position.set(chain, at + 1);
    return [counter(chain, at, rule[1], rule[2])];
  });
}

const counter = (chain: string, rule: number, packets = '', bytes = ''): RuleCounter => ({
  chain,
  rule,
  packets: Number(packets),
  bytes: Number(bytes),
});

/** In the namespace of the calling thread. */
export function xtCounters(one: Case): RuleCounter[] {
  const { xtables = {}, only = 'nft' } = one;
  return XT_TOOLS.filter((tool) => xtables[tool] !== undefined).flatMap((tool) =>
    savedCounters(one, tool, command(program(tool, only, '-save'), ['-c'])),
  );
}
