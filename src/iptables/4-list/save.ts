// One rule as iptables-save, arptables-save and ebtables-save write it.

import { contextOf } from '../3-compile/rule.ts';
import type { Target, Use, XtRule } from '../ast/index.ts';
import { type PrintContext, wordText } from '../extension/index.ts';
import {
  addressWithMask,
  arpText,
  frameTypeText,
  macWithMaskText,
  namedMac,
  option,
  protocolText,
  shortAddress,
} from './parts.ts';

const same = wordText;

const nameOf = (use: Extract<Use, { kind: 'known' }>): string =>
  use.extension.savedAs?.(use.info) ?? use.extension.name;

/** ` -m length --length 10`; ebtables names no matches. */
function useText(use: Use, flag: string, cx: PrintContext): string {
  if (use.kind === 'opaque') return ` ${use.text}`;
  const options = use.extension.save(use.info, cx);
  const name = flag === '' ? '' : ` ${flag} ${nameOf(use)}`;
  // nft_bridge_print_target() leaves a space for what a target may have to say.
  const bare = flag === '-j' && cx.family === 'bridge' ? `${name} ` : name;
  return options === '' ? bare : `${name} ${options}`;
}

/** What a rule does: ` -j ACCEPT`. */
export function targetText(target: Target | undefined, cx: PrintContext): string {
  if (target === undefined) return '';
  switch (target.kind) {
    case 'verdict':
      return ` -j ${target.verdict}`;
    case 'jump':
      return ` -j ${target.chain}`;
    case 'goto':
      return ` -g ${target.chain}`;
    default:
      return useText(target, '-j', cx);
  }
}

const internet = (rule: XtRule): string =>
  option('-s', rule.source, addressWithMask) +
  option('-d', rule.destination, addressWithMask) +
  option('-i', rule.inInterface, same) +
  option('-o', rule.outInterface, same) +
  option('-p', rule.protocol, protocolText) +
  (rule.fragment === undefined ? '' : rule.fragment.negated ? ' ! -f' : ' -f');

/** arptables writes first what a rule does. */
function arp(rule: XtRule, cx: PrintContext): string {
  const { target, arp = {} } = rule;
  const [name = '', ...options] =
    target?.kind === 'known'
      ? [` -j ${nameOf(target)}`, useText(target, '', cx)]
      : [targetText(target, cx)];
  return (
    name +
    option('-i', rule.inInterface, same) +
    option('-o', rule.outInterface, same) +
    option('-s', rule.source, shortAddress) +
    option('--src-mac', arp.sourceMac, macWithMaskText) +
    option('-d', rule.destination, shortAddress) +
    option('--dst-mac', arp.destinationMac, macWithMaskText) +
    arpText(arp, cx.numeric) +
    options.join('')
  );
}

const frame = ({ bridge = {}, inInterface, outInterface }: XtRule): string =>
  option('-p', bridge.protocol, frameTypeText) +
  option('-s', bridge.source, namedMac) +
  option('-d', bridge.destination, namedMac) +
  option('-i', inInterface, same) +
  option('--logical-in', bridge.logicalIn, same) +
  option('-o', outInterface, same) +
  option('--logical-out', bridge.logicalOut, same);

/**
 * The options that make the rule again, with a blank before each.
 * @param counters ` -c 1 2` before what it does, as `iptables -vS` writes
 */
export function ruleText(rule: XtRule, table: string, counters = false, numeric = true): string {
  const cx = contextOf(rule, table, numeric);
  if (rule.family === 'arp') return arp(rule, cx);
  const flag = rule.family === 'bridge' ? '' : '-m';
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  return (
    (rule.family === 'bridge' ? frame(rule) : internet(rule)) +
    rule.matches.map((use) => useText(use, flag, cx)).join('') +
    (counters ? ` -c ${packets} ${bytes}` : '') +
    targetText(rule.target, cx)
  );
}
