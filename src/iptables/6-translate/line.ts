// One command line in nft's commands, as the iptables-translate family answers.

import type { Diagnostic, Source } from '../../diagnostics/index.ts';
import type { HookName, IpSet, Rule } from '../../program/index.ts';
import { readCommand } from '../1-parse/command.ts';
import { joinWords } from '../1-parse/words.ts';
import { checkRule } from '../2-check/rule.ts';
import { builtinChain, builtinTable } from '../2-check/tables.ts';
import { contextOf, lowerRule } from '../3-compile/rule.ts';
import { checkParts } from '../5-run/legal.ts';
import type { CommandWords, Word, XtRule } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Declared, Names, XtFamily } from '../extension/index.ts';
import { ipSetsOf } from './ipsets.ts';
import { Places } from './places.ts';
import { leftoverReason, translateRule, type WrittenChain } from './rule.ts';
import { SetNames } from './set-names.ts';

export interface TranslatedLine {
  /** Without `nft` before them; empty where there is nothing nft could do. */
  readonly commands: readonly string[];
  /** Matches and targets that nft has no words for. */
  readonly untranslatable: readonly string[];
  /** Why not, a sentence each. */
  readonly reasons: readonly string[];
  /** What the commands do otherwise, with `near`. */
  readonly differences: readonly string[];
  /** Whether nft has such a command at all: it finds no rules by what they say. */
  readonly isKnown: boolean;
  /** As `TranslatedProgram` has it, of rules in an empty chain. */
  readonly moved: ReadonlyMap<string, string | undefined>;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: readonly Source[];
}

const COMMAND_LINE = '<command line>';

export interface LineOptions {
  readonly names?: Names;
  /** What does the same, instead of what iptables-translate writes. Default: false. */
  readonly exact?: boolean;
  /** With `exact`: what does nearly the same will do. Default: false. */
  readonly near?: boolean;
  /** Sets of ipset, where it is known which there are. */
  readonly ipsets?: readonly IpSet[];
}

/**
 * Translates a command without looking at any ruleset: chains it names are taken to be there.
 * @param args the words behind the program's name
 */
export function translateLine(
  args: readonly string[],
  family: XtFamily,
  { names = {}, exact = false, near = false, ipsets = [] }: LineOptions = {},
): TranslatedLine {
  const { text, words } = joinWords(args);
  const sources = [{ name: COMMAND_LINE, text }];
  const diagnostics: Diagnostic[] = [];
  const warn = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic);
  };
  try {
    const read = readCommand(words, { family, source: 0, warn });
    checkParts(read, 0);
    if (read.only !== undefined && read.only !== family)
      say.bad(say.otherFamily({ source: 0, start: 0, end: text.length }, read.only));
    return {
      ...commandsOf(read, text, { names, exact, near, ipsets }, warn),
      diagnostics,
      sources,
    };
  } catch (error) {
    if (!(error instanceof say.BadLine)) throw error;
    diagnostics.push(error.diagnostic);
    return { ...NOTHING, diagnostics, sources };
  }
}

type Commands = Omit<TranslatedLine, 'diagnostics' | 'sources'>;

const only = (command: string): Commands => ({ ...NOTHING, commands: [command], isKnown: true });

const VERBS: Readonly<Record<string, string>> = { append: 'add', insert: 'insert' };

/** @throws BadLine */
export function commandsOf(
  read: CommandWords,
  text: string,
  options: Required<LineOptions>,
  warn: (diagnostic: Diagnostic) => void,
  sets = new SetNames({ ...options, ipset: ipSetsOf(options) }),
): Commands {
  const { command = '', family, args } = read;
  const table = read.table?.text ?? 'filter';
  const where = `${family} ${table}`;
  const [chain, second] = args;
  if (VERBS[command] !== undefined)
    return rulesOf(
      read,
      `${VERBS[command]} rule ${where} ${chain?.text}`,
      table,
      text,
      options,
      warn,
      sets,
    );
  switch (command) {
    case 'flush':
      return only(
        chain === undefined ? `flush table ${where}` : `flush chain ${where} ${chain.text}`,
      );
    case 'new-chain':
      return only(`add chain ${where} ${chain?.text}`);
    case 'delete-chain':
      return chain === undefined
        ? { ...NOTHING, isKnown: true }
        : only(`delete chain ${where} ${chain.text}`);
    case 'rename-chain':
      return only(`rename chain ${where} ${chain?.text} ${second?.text}`);
    case 'list':
    case 'list-rules':
      return only(
        chain === undefined ? `list table ${where}` : `list chain ${where} ${chain.text}`,
      );
    case 'zero':
      return only(
        `reset rules ${chain === undefined ? `table ${where}` : `chain ${where} ${chain.text}`}`,
      );
    case 'policy':
      return only(`add chain ${where} ${chain?.text} { policy ${policyOf(second)}; }`);
    case '':
      return say.bad(say.noCommand({ source: 0, start: 0, end: text.length }));
    default:
      return NOTHING;
  }
}

const NOTHING: Commands = {
  commands: [],
  untranslatable: [],
  reasons: [],
  differences: [],
  isKnown: false,
  moved: new Map(),
};
const policyOf = (word: Word | undefined): string => (word?.text ?? '').toLowerCase();

/** Rules of a command that adds some, where they would go, and nothing looked up. */
export interface CheckedRules {
  readonly rules: readonly Rule[];
  readonly table: string;
  /** Undefined for a command that adds none. */
  readonly chain: string | undefined;
}

/**
 * The rules of a command line as the engine takes them, whatever tables and chains there are.
 * @throws Error with the first problem of the line
 */
export function checkedRules(args: readonly string[], family: XtFamily): CheckedRules {
  const { text, words } = joinWords(args);
  try {
    const read = readCommand(words, { family, source: 0, warn: () => {} });
    const table = read.table?.text ?? 'filter';
    if (VERBS[read.command ?? ''] === undefined) return { rules: [], table, chain: undefined };
    const rules = looseRules(read, table, text, {}, () => {});
    return { rules: rules.map((r) => lowerRule(r, table)), table, chain: read.args[0]?.text };
  } catch (error) {
    throw error instanceof say.BadLine ? new Error(error.diagnostic.message) : error;
  }
}

/** Chains that are jumped to are taken to be there. */
function looseRules(
  read: CommandWords,
  table: string,
  text: string,
  names: Names,
  warn: (diagnostic: Diagnostic) => void,
): readonly XtRule[] {
  return checkRule(read, read.args[0]?.text ?? '', {
    family: read.family,
    table,
    names,
    written: { source: 0, text },
    chains: undefined,
    warn,
  });
}

function rulesOf(
  read: CommandWords,
  head: string,
  table: string,
  text: string,
  { names }: Required<LineOptions>,
  warn: (diagnostic: Diagnostic) => void,
  sets: SetNames,
): Commands {
  const rules = looseRules(read, table, text, names, warn);
  const commands: string[] = [];
  const differences: string[] = [];
  const places = new Places(`${read.family} ${table}`);
  const hook = hookOf(read, table);
  let count = 0;
  for (const [index, rule] of rules.entries()) {
    const translated = translateRule(rule, contextOf(rule, table), { ...sets.options, hook });
    if (translated.kind === 'untranslatable') {
      const untranslatable = translated.what.map(({ name }) => name);
      const reasons = translated.what.map(leftoverReason);
      return { ...NOTHING, untranslatable, reasons, isKnown: true };
    }
    const where = `${rule.family} ${table}`;
    const chain = read.args[0]?.text ?? '';
    differences.push(...translated.differences);
    places.add(translated, { here: chain, there: chain }, count, index);
    count += translated.rules.length;
    commands.push(
      ...translated.declared.map((one) => declaration(one, where)),
      ...translated.chains.flatMap((chain) => chainCommands(chain, where)),
      ...translated.rules.map(({ text }) => `${head} ${text}`),
    );
  }
  return { ...NOTHING, commands, differences, isKnown: true, moved: places.moved };
}

function hookOf({ family, args }: CommandWords, table: string): HookName | undefined {
  const built = builtinTable(family, table);
  return built && builtinChain(built, args[0]?.text ?? '')?.base?.hook;
}

const declaration = ({ what, name, body }: Declared, where: string): string =>
  `add ${what} ${where} ${name} { ${body.map((line) => `${line};`).join(' ')} }`;

const chainCommands = ({ name, rules }: WrittenChain, where: string): string[] => [
  `add chain ${where} ${name}`,
  ...rules.map(({ text }) => `add rule ${where} ${name} ${text}`),
];

/** As iptables-translate prints a command: for a shell, quoted where there is more than words in it. */
export const nftCommandLine = (command: string): string =>
  /[^\w\s.:/-]|^(add|insert) rule/.test(command) ? `nft '${command}'` : `nft ${command}`;
