// CT: how connection tracking is to treat the packet (libxt_CT.c). NOTRACK is its oldest part.

import type { BareInfo, CtInfo } from '../../program/index.ts';
import {
  cut,
  extension,
  type Given,
  IP_FAMILIES,
  number,
  type OptionSpec,
  type TranslateContext,
  words,
  wrong,
} from '../extension/index.ts';

/** XT_CT_* of include/uapi/linux/netfilter/xt_CT.h */
const NOTRACK = 1;
const ZONE_DIR_ORIG = 4;
const ZONE_DIR_REPL = 8;
const ZONE_MARK = 16;

/** enum ip_conntrack_events and enum ip_conntrack_expect_events, by bit. */
const CT_EVENTS = [
  'new',
  'related',
  'destroy',
  'reply',
  'assured',
  'protoinfo',
  'helper',
  'mark',
  'natseqinfo',
  'secmark',
];
const EXP_EVENTS = ['new'];

function eventsIn(list: string, names: readonly string[]): number {
  let bits = 0;
  for (const name of list.split(',')) {
    const bit = names.indexOf(name);
    if (bit < 0) return wrong(`unknown event type "${name}"`, names.join(','));
    bits |= 1 << bit;
  }
  return bits;
}

const eventsText = (bits: number, names: readonly string[]): string =>
  names.filter((_, bit) => ((bits >>> bit) & 1) === 1).join(',');

function zoneOf(word: string): number | 'mark' {
  if (word === 'mark') return 'mark';
  const zone = number(word);
  return zone === undefined || zone > 0xffff ? wrong(`zone "${word}" is not valid`) : zone;
}

const ZONES: readonly (readonly [string, number])[] = [
  ['zone', 0],
  ['zone-orig', ZONE_DIR_ORIG],
  ['zone-reply', ZONE_DIR_REPL],
];

const zoneOption = ([name]: readonly [string, number]): OptionSpec => ({
  name,
  parse: ([word = '']) => zoneOf(word),
  about: `id|mark  zone of the connection${name === 'zone' ? '' : ', for one direction'}`,
});

/** Several zone options: the directions add up, the last number counts. */
function zones(given: Given): { readonly flags: number; readonly zone: number } {
  let flags = 0;
  let zone = 0;
  for (const { name, value } of given.options) {
    const dir = ZONES.find(([option]) => option === name)?.[1];
    if (dir === undefined) continue;
    flags |= dir | (value === 'mark' ? ZONE_MARK : 0);
    if (typeof value === 'number') zone = value;
  }
  return { flags, zone };
}

function build(given: Given): CtInfo {
  const { flags, zone } = zones(given);
  return {
    flags: flags | (given.has('notrack') ? NOTRACK : 0),
    zone,
    ctEvents: given.value<number>('ctevents') ?? 0,
    expEvents: given.value<number>('expevents') ?? 0,
    helper: given.value<string>('helper') ?? '',
    timeout: given.value<string>('timeout') ?? '',
  };
}

function zoneText({ flags, zone }: CtInfo, dashes: string): string {
  if ((flags & ZONE_MARK) === 0 && zone === 0) return '';
  const both = ZONE_DIR_ORIG | ZONE_DIR_REPL;
  // Both directions are none in particular.
  const dir = { [ZONE_DIR_ORIG]: '-orig', [ZONE_DIR_REPL]: '-reply' }[flags & both] ?? '';
  return `${dashes}zone${dir} ${(flags & ZONE_MARK) !== 0 ? 'mark' : zone}`;
}

const optionsText = (info: CtInfo, dashes: string): string =>
  words(
    (info.flags & NOTRACK) !== 0 && `${dashes}notrack`,
    info.helper !== '' && `${dashes}helper ${info.helper}`,
    info.timeout !== '' && `${dashes}timeout ${info.timeout}`,
    info.ctEvents !== 0 && `${dashes}ctevents ${eventsText(info.ctEvents, CT_EVENTS)}`,
    info.expEvents !== 0 && `${dashes}expevents ${eventsText(info.expEvents, EXP_EVENTS)}`,
    zoneText(info, dashes),
  );

const save = (info: CtInfo): string => optionsText(info, '--');

function translate(info: CtInfo, { exact, leave }: TranslateContext): string | undefined {
  if ((info.flags & NOTRACK) !== 0) return 'notrack';
  if (!exact) return undefined;
  if (info.helper !== '')
    return leave(
      'nft gives a helper behind connection tracking, in a chain of priority -199 or later',
    );
  if (info.timeout !== '')
    return leave(
      'a policy of nfct is none of nft: there it is an object `ct timeout`, given behind connection tracking',
    );
  if (info.ctEvents !== 0 || info.expEvents !== 0)
    return leave('nft chooses events behind connection tracking, and none of expectations');
  if ((info.flags & ZONE_MARK) !== 0) return leave('nft takes no mark for the number of a zone');
  const both = (info.flags & ZONE_DIR_ORIG) !== 0 && (info.flags & ZONE_DIR_REPL) !== 0;
  const dir =
    both || (info.flags & (ZONE_DIR_ORIG | ZONE_DIR_REPL)) === 0
      ? ''
      : (info.flags & ZONE_DIR_ORIG) !== 0
        ? 'original '
        : 'reply ';
  // A packet that is not to be tracked stays so (xt_ct_target()).
  return `ct state ! untracked ct ${dir}zone set ${info.zone}`;
}

export const ct = extension<CtInfo>({
  kind: 'target',
  name: 'CT',
  families: IP_FAMILIES,
  rev: 2,
  options: [
    { name: 'notrack', about: 'do not track the packet' },
    { name: 'helper', parse: cut(15), about: 'name  helper for the connection' },
    { name: 'timeout', parse: cut(31), about: 'name  timeout policy of the connection' },
    {
      name: 'ctevents',
      parse: ([word = '']) => eventsIn(word, CT_EVENTS),
      about: `event[,event...]  events of the connection: ${CT_EVENTS.join(', ')}`,
    },
    {
      name: 'expevents',
      parse: ([word = '']) => eventsIn(word, EXP_EVENTS),
      about: 'event[,event...]  events of expectations: new',
    },
    ...ZONES.map(zoneOption),
  ],
  build,
  save,
  list: (info) => words('CT', optionsText(info, '')),
  translate,
});

export const notrack = extension<BareInfo>({
  kind: 'target',
  name: 'NOTRACK',
  // An alias of CT for libxtables, which lists without aliases.
  listedAs: 'CT',
  families: IP_FAMILIES,
  rev: 0,
  options: [],
  build: () => ({}),
  save: () => '',
  list: () => 'NOTRACK',
  translate: () => 'notrack',
});
