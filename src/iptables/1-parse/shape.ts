// What a line of a restore file looks like apart from its addresses, ports, interfaces, chains and
// comment. Lines of one shape compile alike but for those, so a file of ten thousand is read by example.

import type { RuleShape } from '../../program/index.ts';
import type { Counters, Word } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';
import { ADDRESS, COMMENT, interfaceKind, type Kind, MAC, netKind, PORT, TARGET } from './kinds.ts';

/** What counts beside the words. */
export interface Around {
  /** The same for all chains in which rules mean the same. */
  readonly chainKey: string;
  /** Counters that are taken over with the rule. */
  readonly counters: Counters | undefined;
  /** Whether one may jump there: a chain of the table that is not built in. */
  isTarget(name: string): boolean;
}

/** A word, or as much of it as `length` says, that may be another one in a line of the same shape. */
export interface Place {
  readonly kind: Kind;
  readonly length: number;
}

type KindOf = (text: string, family: XtFamily) => Kind | undefined;

const always =
  (kind: Kind): KindOf =>
  () =>
    kind;

const KINDS = new Map<string, KindOf>([
  ...['-s', '--source', '--src', '-d', '--destination', '--dst'].map((option): [string, KindOf] => [
    option,
    (text, family) => netKind(family, text),
  ]),
  ...['--dport', '--destination-port', '--sport', '--source-port'].map(
    (option): [string, KindOf] => [option, always(PORT)],
  ),
  ...['-j', '--jump', '-g', '--goto'].map((option): [string, KindOf] => [option, always(TARGET)]),
  ...['-i', '--in-interface', '-o', '--out-interface'].map((option): [string, KindOf] => [
    option,
    interfaceKind,
  ]),
  ...['--to-destination', '--to-source'].map((option): [string, KindOf] => [
    option,
    (_text, family) => (family === 'ip' ? ADDRESS : undefined),
  ]),
  ['--comment', always(COMMENT)],
  ['--mac-source', always(MAC)],
]);

/** In the key of rules whose first values are their counters. */
const COUNTED = '[]';

export const shapeKey = (chainKey: string, counters: Counters | undefined): string =>
  counters === undefined ? chainKey : chainKey + COUNTED;

/**
 * The shape of `-A CHAIN …`. Undefined for other commands, and where nothing differs.
 * @param places gets those of the values behind the counters, by the number of the word
 */
export function shapeOf(
  words: readonly Word[],
  family: XtFamily,
  { chainKey, counters, isTarget }: Around,
  places?: Map<number, Place>,
): RuleShape | undefined {
  if (words[0]?.text !== '-A' || words.length < 2) return undefined;
  const values: (string | number)[] =
    counters === undefined ? [] : [counters.packets, counters.bytes];
  let key = shapeKey(chainKey, counters);
  let option = '';
  for (let i = 2; i < words.length; i++) {
    const { text } = words[i]!;
    const kind = KINDS.get(option)?.(text, family);
    option = text;
    const length = kind?.length?.(text) ?? text.length;
    const value = kind?.read(text.slice(0, length));
    if (kind === undefined || value === undefined || (kind === TARGET && !isTarget(text)))
      key += `\n${text.length} ${text}`;
    else {
      values.push(value);
      places?.set(i, { kind, length });
      key += `\n${kind.mark}${text.slice(length)}`;
    }
  }
  return values.length === 0 ? undefined : { key, values };
}
