// `iptables -L` and `-S`: chains with their rules for people, or as commands.

import { contextOf } from '../3-compile/rule.ts';
import type { Counters, Masked, Negatable, Target, Use, XtRule } from '../ast/index.ts';
import type { PrintContext, XtFamily } from '../extension/index.ts';
import { protocolName } from '../extension/protocols.ts';
import { shortCount } from './counts.ts';
import { shortAddress } from './parts.ts';
import { ruleText } from './save.ts';

/** A chain with its rules as they are understood; `text` of what iptables cannot say. */
export interface ListedChain {
  readonly name: string;
  readonly policy: 'accept' | 'drop' | undefined;
  readonly isBase: boolean;
  readonly counters: Counters;
  readonly references: number;
  readonly rules: readonly (XtRule | string)[];
}

export interface ListOptions {
  readonly family: XtFamily;
  readonly table: string;
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
  /** Only the rule of this number, and no heading. */
  readonly only?: number;
  /** ebtables: counters; MAC addresses are always of two digits. */
  readonly counters?: boolean;
}

const verdictText = (policy: 'accept' | 'drop' | undefined): string =>
  (policy ?? 'accept').toUpperCase();

export function chainHeading(chain: ListedChain, options: ListOptions): string {
  const { packets, bytes } = chain.counters;
  const counts = options.verbose
    ? ` ${shortCount(packets, options.exact)} packets, ${shortCount(bytes, options.exact)} bytes`
    : '';
  if (!chain.isBase) return `Chain ${chain.name} (${chain.references} references)\n`;
  return `Chain ${chain.name} (policy ${verdictText(chain.policy)}${counts})\n`;
}

const columns = ({ verbose, exact, lineNumbers }: ListOptions): string => {
  const counts = verbose ? (exact ? '    pkts      bytes ' : ' pkts bytes ') : '';
  const via = verbose ? ' in     out    ' : '';
  return `${lineNumbers ? 'num  ' : ''}${counts}target     prot opt${via} source               destination         \n`;
};

function targetName(target: Target | undefined): string {
  if (target === undefined) return '';
  switch (target.kind) {
    case 'verdict':
      return target.verdict;
    case 'jump':
    case 'goto':
      return target.chain;
    case 'opaque':
      return target.text.split(' ')[1] ?? '';
    default:
      return target.extension.listedAs ?? target.extension.name;
  }
}

const interfaceText = (part: Negatable<string> | undefined, numeric: boolean): string =>
  part === undefined ? (numeric ? '*' : 'any') : `${part.negated ? '!' : ''}${part.value}`;

function addressText(
  part: Negatable<Masked> | undefined,
  { family, numeric }: ListOptions,
): string {
  const any = family === 'ip6' ? '::/0' : '0.0.0.0/0';
  const isAny = part === undefined || (!numeric && /^0+$/.test(part.value.mask));
  const text = isAny ? (numeric ? any : 'anywhere') : shortAddress(part.value);
  return `${part?.negated === true ? '!' : ' '}${text.padEnd(19)} `;
}

function protocolText(part: XtRule['protocol']): string {
  const value = part?.value ?? 0;
  const text = protocolName(value) ?? `${value}`;
  return `${part?.negated === true ? '!' : ' '}${(value === 0 ? 'all' : text).padEnd(4)} `;
}

const fragmentText = ({ family, fragment }: XtRule): string =>
  family === 'ip6' || fragment === undefined ? '--' : fragment.negated ? '!f' : '-f';

/** What extensions say of themselves, each behind a blank. */
function usesText(rule: XtRule, cx: PrintContext): string {
  const all: readonly Use[] = [
    ...rule.matches,
    ...(rule.target?.kind === 'known' || rule.target?.kind === 'opaque' ? [rule.target] : []),
  ];
  return all
    .map((use) => {
      if (use.kind === 'opaque') return ` ${use.text}`;
      const text = use.extension.list?.(use.info, cx) ?? use.extension.save(use.info, cx);
      return text === '' || use.extension.listsAtOnce === true ? text : ` ${text}`;
    })
    .join('');
}

function countsText({ packets, bytes }: Counters, exact: boolean): string {
  if (exact) return `${`${packets}`.padStart(8)} ${`${bytes}`.padStart(8)} `;
  return `${shortCount(packets, false).padStart(5)} ${shortCount(bytes, false).padStart(5)} `;
}

/** A row of a list. */
export function ruleRow(rule: XtRule | string, number: number, options: ListOptions): string {
  const line = options.lineNumbers ? `${`${number}`.padEnd(4)} ` : '';
  if (typeof rule === 'string') return `${line}${rule}\n`;
  const cx = contextOf(rule, options.table, options.numeric);
  const counts = options.verbose
    ? countsText(rule.counters ?? { packets: 0, bytes: 0 }, options.exact)
    : '';
  const via = options.verbose
    ? ` ${interfaceText(rule.inInterface, options.numeric).padEnd(6)} ${interfaceText(rule.outInterface, options.numeric).padEnd(6)} `
    : '';
  const goto = rule.target?.kind === 'goto' ? '[goto] ' : '';
  return `${line}${counts}${targetName(rule.target).padEnd(9)} ${protocolText(rule.protocol)}${fragmentText(rule)} ${via}${addressText(rule.source, options)}${addressText(rule.destination, options)}${goto}${usesText(rule, cx)}\n`;
}

/** A rule as `-v -A` tells of it: print_firewall() with FMT_NOTABLE. */
export function echoRow(rule: XtRule, table: string): string {
  const { family } = rule;
  const numeric = { family, table, numeric: true, verbose: true, exact: true, lineNumbers: false };
  if (family === 'bridge') return `${ruleText(rule, table).trimStart()}\n`;
  if (family === 'arp') return `${arpText(rule, numeric)}\n`;
  // The sign of what is negated stands before the address, or before the arrow.
  const address = (part: Negatable<Masked> | undefined): [string, string] => {
    const text = addressText(part, numeric);
    return [text.slice(0, 1), text.slice(1).trimEnd()];
  };
  const [not, from] = address(rule.source);
  const [notTo, to] = address(rule.destination);
  const via = `in ${interfaceText(rule.inInterface, true)} out ${interfaceText(rule.outInterface, true)}`;
  const goto = rule.target?.kind === 'goto' ? '[goto] ' : '';
  const uses = usesText(rule, contextOf(rule, table, true));
  return `${targetName(rule.target)} ${protocolText(rule.protocol).trimEnd()} opt ${fragmentText(rule)} ${via} ${not}${from} ${notTo}-> ${to}  ${goto}${uses}\n`;
}

/** A chain as `-L` shows it. */
export function listChain(chain: ListedChain, options: ListOptions): string {
  if (options.only !== undefined) {
    const rule = chain.rules[options.only - 1];
    return rule === undefined ? '' : rowOf(rule, options.only, options);
  }
  if (options.family === 'bridge') return listBridgeChain(chain, options);
  const heading = chainHeading(chain, options) + (options.family === 'arp' ? '' : columns(options));
  return heading + chain.rules.map((rule, i) => rowOf(rule, i + 1, options)).join('');
}

function rowOf(rule: XtRule | string, number: number, options: ListOptions): string {
  if (options.family === 'bridge') return bridgeRow(rule, number, options);
  return options.family === 'arp' ? arpRow(rule, number, options) : ruleRow(rule, number, options);
}

/** arptables lists rules as the options that make them. */
function arpRow(rule: XtRule | string, number: number, options: ListOptions): string {
  const line = options.lineNumbers ? `${number} ` : '';
  if (typeof rule === 'string') return `${line}${rule}\n`;
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const counts = options.verbose
    ? ` , pcnt=${shortCount(packets, options.exact)} -- bcnt=${shortCount(bytes, options.exact)} `
    : '';
  return `${line}${arpText(rule, options)}${counts}\n`;
}

function arpText(rule: XtRule, { verbose, table, numeric }: ListOptions): string {
  const any = { value: numeric ? '*' : 'any', negated: false };
  const { inInterface = any, outInterface = any } = rule;
  const shown = verbose ? { ...rule, inInterface, outInterface } : rule;
  return ruleText(shown, table, false, numeric).trimStart();
}

function listBridgeChain(chain: ListedChain, options: ListOptions): string {
  const policy = chain.isBase ? verdictText(chain.policy) : 'RETURN';
  const heading = `\nBridge chain: ${chain.name}, entries: ${chain.rules.length}, policy: ${policy}\n`;
  return heading + chain.rules.map((rule, i) => rowOf(rule, i + 1, options)).join('');
}

/** nft_bridge_print_rule(); up to 1.8.9 no dot stood behind the number. */
function bridgeRow(rule: XtRule | string, number: number, options: ListOptions): string {
  const line = options.lineNumbers ? `${number}. ` : '';
  if (typeof rule === 'string') return `${line}${rule}\n`;
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const counts = options.counters === true ? ` , pcnt = ${packets} -- bcnt = ${bytes}` : '';
  return `${line}${ruleText(rule, options.table).trimStart()}${counts}\n`;
}

/** Chains as `-S` writes them: policies and names first, then rules. */
export function listCommands(
  chains: readonly ListedChain[],
  { table, verbose, only }: ListOptions,
): string {
  const heads = chains.map((chain) => {
    if (!chain.isBase) return `-N ${chain.name}\n`;
    const counts = verbose ? ` -c ${chain.counters.packets} ${chain.counters.bytes}` : '';
    return `-P ${chain.name} ${verdictText(chain.policy)}${counts}\n`;
  });
  const rules = chains.flatMap((chain) =>
    chain.rules.flatMap((rule, i) => {
      if (only !== undefined && only !== i + 1) return [];
      if (typeof rule === 'string') return [`# ${rule}\n`];
      return [`-A ${chain.name}${ruleText(rule, table, verbose)}\n`];
    }),
  );
  return (only === undefined ? heads.join('') : '') + rules.join('');
}
