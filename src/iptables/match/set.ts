// set: whether a set of ipset has the packet (libxt_set.c).

import type { SetCounter, SetInfo, XtSet } from '../../program/index.ts';
import {
  bangWord,
  defined,
  extension,
  type Given,
  IP_FAMILIES,
  namedSet,
  nftKeyOf,
  type OptionSpec,
  setText,
  uint64,
  words,
  wrong,
} from '../extension/index.ts';

const COUNTERS = ['packets', 'bytes'] as const;
const OPERATIONS = ['eq', 'lt', 'gt'] as const;

const counterOption = (
  what: (typeof COUNTERS)[number],
  op: (typeof OPERATIONS)[number],
): OptionSpec => ({
  name: `${what}-${op}`,
  parse: uint64,
  negatable: op === 'eq',
  excludes: OPERATIONS.filter((other) => other !== op).map((other) => `${what}-${other}`),
  about: `number  ${what} of the entry`,
});

/** `! --packets-eq` is the fourth operation. */
function counterOf(given: Given, what: (typeof COUNTERS)[number]): SetCounter | undefined {
  const op = OPERATIONS.find((one) => given.has(`${what}-${one}`));
  if (op === undefined) return undefined;
  const value = given.value<string>(`${what}-${op}`) ?? '0';
  return { op: op === 'eq' && given.negated(`${what}-eq`) ? 'ne' : op, value };
}

function counterText(what: string, counter: SetCounter | undefined, dashes: string): string {
  if (counter === undefined) return '';
  const { op, value } = counter;
  return op === 'ne' ? `! ${dashes}${what}-eq ${value}` : `${dashes}${what}-${op} ${value}`;
}

function build(given: Given): SetInfo {
  const matchSet = given.value<XtSet>('match-set');
  if (matchSet === undefined) return wrong('set needs --match-set');
  return defined<SetInfo>({
    matchSet,
    invert: given.negated('match-set'),
    returnNomatch: given.has('return-nomatch'),
    updateCounters: !given.negated('update-counters'),
    updateSubcounters: !given.negated('update-subcounters'),
    packets: counterOf(given, 'packets'),
    bytes: counterOf(given, 'bytes'),
  });
}

const optionsText = (info: SetInfo, dashes: string): string =>
  words(
    `${bangWord(info.invert)}${dashes}match-set ${setText(info.matchSet)}`,
    info.returnNomatch && `${dashes}return-nomatch`,
    !info.updateCounters && `! ${dashes}update-counters`,
    !info.updateSubcounters && `! ${dashes}update-subcounters`,
    counterText('packets', info.packets, dashes),
    counterText('bytes', info.bytes, dashes),
  );

export const set = extension<SetInfo>({
  kind: 'match',
  name: 'set',
  families: IP_FAMILIES,
  rev: 4,
  options: [
    {
      name: 'match-set',
      aliases: ['set'],
      words: 2,
      parse: namedSet,
      negatable: true,
      mandatory: true,
      about: 'name src|dst[,src|dst...]  the set and the sides of the packet',
    },
    { name: 'return-nomatch', multiple: true, about: 'entries marked nomatch are in it' },
    {
      name: 'update-counters',
      negatable: true,
      multiple: true,
      about: 'negated, the entry does not count',
    },
    {
      name: 'update-subcounters',
      negatable: true,
      multiple: true,
      about: 'negated, entries of lists do not count',
    },
    ...COUNTERS.flatMap((what) => OPERATIONS.map((op) => counterOption(what, op))),
  ],
  build,
  save: (info) => optionsText(info, '--'),
  list: (info) => optionsText(info, ''),
  translate({ matchSet, invert, returnNomatch, packets, bytes }, cx) {
    // iptables-translate knows nothing of it.
    if (!cx.exact) return undefined;
    if (returnNomatch) return cx.leave('elements of nft are in the set, and none say nomatch');
    if (packets !== undefined || bytes !== undefined)
      return cx.leave('nft does not compare what an element has counted');
    const asked = nftKeyOf(matchSet, cx);
    if (asked === undefined) return undefined;
    const { guard, key, mayLack } = asked;
    const inSet = `${guard}${key} @${matchSet.name}`;
    if (!invert) return inSet;
    return mayLack ? { unless: [inSet] } : `${key} != @${matchSet.name}`;
  },
});
