// A rule from its words: one for each pair of addresses that were listed.

import type { Diagnostic } from '../../diagnostics/index.ts';
import { classicHint } from '../1-parse/classic.ts';
import { extensionElsewhere } from '../1-parse/elsewhere.ts';
import { namesOf } from '../1-parse/extensions.ts';
import {
  type CommandWords,
  type Masked,
  spanOf,
  type Target,
  type UseWords,
  type Word,
  type XtRule,
} from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';
import type { Names, ParseContext, XtFamily } from '../extension/index.ts';
import { checkParts, type Parts, type RuleDraft } from './parts.ts';
import { builtinChain, builtinTable } from './tables.ts';
import { checkUse, textOf, type Written } from './uses.ts';

export interface CheckContext {
  readonly family: XtFamily;
  readonly table: string;
  readonly names: Names;
  readonly written: Written;
  /** Those of the table, to jump to; undefined where any name may be one. */
  readonly chains: ReadonlyMap<string, { readonly isBase: boolean }> | undefined;
  readonly keep?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Takes, as `keep`, what names things that are not there. */
  readonly keepMissing?: ((diagnostic: Diagnostic) => void) | undefined;
  readonly warn: (diagnostic: Diagnostic) => void;
}

/** Chains whose packets have no interface on one side (do_parse: "Can't use -i with OUTPUT"). */
const WITHOUT_IN = new Set(['OUTPUT', 'POSTROUTING']);
const WITHOUT_OUT = new Set(['PREROUTING', 'INPUT', 'BROUTING']);

function checkInterfaces(words: CommandWords, chain: string, source: number): void {
  for (const { id, option } of words.rule.options) {
    const isIn = id === 'in-interface' || id === 'logical-in';
    const isOut = id === 'out-interface' || id === 'logical-out';
    if ((isIn && WITHOUT_IN.has(chain)) || (isOut && WITHOUT_OUT.has(chain)))
      say.bad(say.notWithChain(spanOf(source, option), option.text, chain));
  }
}

const VERDICTS = new Set(['ACCEPT', 'DROP', 'RETURN', 'QUEUE']);

type VerdictName = Extract<Target, { kind: 'verdict' }>['verdict'];

const isVerdict = (name: string, family: XtFamily): name is VerdictName =>
  VERDICTS.has(name) || (name === 'CONTINUE' && family === 'bridge');

/** ebtables' nat may. */
const mayNotDrop = ({ family, table }: CheckContext, verdict: string): boolean =>
  verdict === 'DROP' && table === 'nat' && family !== 'bridge';

const isBuiltin = ({ family, table }: CheckContext, name: string): boolean => {
  const builtin = builtinTable(family, table);
  return builtin !== undefined && builtinChain(builtin, name) !== undefined;
};

function targetOf(
  use: UseWords | undefined,
  chain: string,
  cx: CheckContext,
  parse: ParseContext,
): Target | undefined {
  if (use === undefined)
    return cx.family === 'bridge' ? { kind: 'verdict', verdict: 'CONTINUE' } : undefined;
  const { name, extension, unread } = use;
  if (extension !== undefined) return checkUse(use, parse, cx.written, cx.keepMissing);
  if (isVerdict(name.text, cx.family) && use.goto !== true && unread.length === 0) {
    if (mayNotDrop(cx, name.text)) say.bad(say.noFiltering(spanOf(cx.written.source, name)));
    return { kind: 'verdict', verdict: name.text };
  }
  if (isBuiltin(cx, name.text)) say.bad(say.jumpToBase(spanOf(cx.written.source, name), chain));
  if (
    unread.length === 0 &&
    (cx.chains === undefined || cx.chains.get(name.text)?.isBase === false)
  )
    return { kind: use.goto === true ? 'goto' : 'jump', chain: name.text };
  return unknownTarget(use, name, cx);
}

function unknownTarget(use: UseWords, name: Word, cx: CheckContext): Target {
  const at = spanOf(cx.written.source, name);
  const known = [...namesOf('target', cx.family), ...VERDICTS, ...(cx.chains?.keys() ?? [])];
  const hint = extensionElsewhere('target', name.text, cx.family);
  const unknown =
    use.unread.length > 0
      ? say.unknownTarget(at, name.text, known, hint)
      : say.noSuchChain(at, name.text, known, hint);
  if (cx.keep === undefined || use.goto === true) say.bad(unknown);
  cx.keep(unknown);
  return {
    kind: 'opaque',
    text: textOf(use, cx.written),
    reason: classicHint('target', name.text) ?? `target ${name.text} is not known`,
  };
}

/** Several addresses mean several rules, and so cannot be negated. */
function checkLists(parts: Parts, words: CommandWords, source: number): void {
  const lists = parts.sources.length > 1 || parts.destinations.length > 1;
  if (!lists || !(parts.sourceNegated || parts.destinationNegated)) return;
  const option = words.rule.options.find(({ negated }) => negated)!;
  say.bad(
    say.badValue(
      spanOf(source, option.option),
      '! not allowed with multiple source or destination IP addresses',
    ),
  );
}

/** An address of no bits that is not negated asks for nothing. */
const addressOf = (value: Masked | undefined, negated: boolean): XtRule['source'] =>
  value === undefined || (!negated && /^0+$/.test(value.mask)) ? undefined : { value, negated };

/** @throws BadLine */
export function checkRule(words: CommandWords, chain: string, cx: CheckContext): readonly XtRule[] {
  const { source } = cx.written;
  const { family, table } = cx;
  checkInterfaces(words, chain, source);
  const parts = checkParts(words.rule.options, family, cx.names, source);
  checkLists(parts, words, source);
  const { protocol, bridge } = parts.rule;
  const frame = bridge?.protocol;
  const parse: ParseContext = {
    family,
    table,
    chain,
    protocol:
      (family === 'bridge' ? (frame?.value === 'length' ? 0 : frame?.value) : protocol?.value) ?? 0,
    protocolNegated: (family === 'bridge' ? frame?.negated : protocol?.negated) ?? false,
    frameLength: family === 'bridge' && frame?.value === 'length',
    names: cx.names,
    warn: (message) => cx.warn(say.saidByExtension(lineSpan(cx.written), message)),
  };
  // Parts are this rule's own, and copies of them would cost more than all checks.
  const { rule } = parts;
  for (const use of words.rule.matches)
    rule.matches.push(checkUse(use, parse, cx.written, cx.keepMissing));
  const target = targetOf(words.rule.target, chain, cx, parse);
  if (target !== undefined) rule.target = target;
  if (words.counters !== undefined) rule.counters = words.counters;
  return withAddresses(rule, parts);
}

function withAddresses(rule: RuleDraft, parts: Parts): readonly XtRule[] {
  const { sources, destinations } = parts;
  if (sources.length <= 1 && destinations.length <= 1)
    return [addressed(rule, sources[0], destinations[0], parts)];
  const from = sources.length === 0 ? [undefined] : sources;
  const to = destinations.length === 0 ? [undefined] : destinations;
  return from.flatMap((source) =>
    to.map((destination) => addressed({ ...rule }, source, destination, parts)),
  );
}

function addressed(
  rule: RuleDraft,
  from: Masked | undefined,
  to: Masked | undefined,
  { sourceNegated, destinationNegated }: Parts,
): XtRule {
  const source = addressOf(from, sourceNegated);
  const destination = addressOf(to, destinationNegated);
  if (source !== undefined) rule.source = source;
  if (destination !== undefined) rule.destination = destination;
  return rule;
}

const lineSpan = ({ source, text, line }: Written) => {
  const start = line?.start ?? 0;
  return { source, start, end: Math.min(text.length, start + 1) };
};
