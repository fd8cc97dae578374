// srh: the segment routing header (libip6t_srh.c, revision 1).

import type { SrhInfo, XtNet, XtTest } from '../../program/index.ts';
import {
  defined,
  extension,
  type Given,
  hostMask,
  netText,
  testListed,
  testOf,
  testText,
  U8_MAX,
  U16_MAX,
  uint,
  words,
} from '../extension/index.ts';

/** What the info calls each option, in the order they are written. */
const NUMBERS = {
  'srh-next-hdr': 'nextHdr',
  'srh-hdr-len-eq': 'hdrLenEq',
  'srh-hdr-len-gt': 'hdrLenGt',
  'srh-hdr-len-lt': 'hdrLenLt',
  'srh-segs-left-eq': 'segsLeftEq',
  'srh-segs-left-gt': 'segsLeftGt',
  'srh-segs-left-lt': 'segsLeftLt',
  'srh-last-entry-eq': 'lastEntryEq',
  'srh-last-entry-gt': 'lastEntryGt',
  'srh-last-entry-lt': 'lastEntryLt',
  'srh-tag': 'tag',
} as const satisfies Readonly<Record<string, keyof SrhInfo>>;
const SEGMENTS = { 'srh-psid': 'psid', 'srh-nsid': 'nsid', 'srh-lsid': 'lsid' } as const;

const NUMBER_NAMES = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
const SEGMENT_NAMES = Object.keys(SEGMENTS) as (keyof typeof SEGMENTS)[];

/** `eq`, `gt` and `lt` of one field share its value: the one that was given last. */
function numberOf(given: Given, name: string): XtTest<number> | undefined {
  const test = testOf<number>(given, name);
  const field = name.replace(/-(eq|gt|lt)$/, '');
  const last = given.options.findLast((one) => one.name.startsWith(field));
  return test === undefined || last === undefined ? test : { ...test, value: last.value as number };
}

export const srh = extension<SrhInfo>({
  kind: 'match',
  name: 'srh',
  families: ['ip6'],
  rev: 1,
  options: [
    ...NUMBER_NAMES.map((name) => ({
      name,
      parse: uint(name === 'srh-tag' ? U16_MAX : U8_MAX),
      negatable: true,
      about: 'value',
    })),
    ...SEGMENT_NAMES.map((name) => ({
      name,
      parse: hostMask,
      negatable: true,
      about: 'address[/length]',
    })),
  ],
  build: (given) =>
    defined<SrhInfo>(
      Object.fromEntries([
        ...NUMBER_NAMES.map((name) => [NUMBERS[name], numberOf(given, name)]),
        ...SEGMENT_NAMES.map((name) => [SEGMENTS[name], testOf<XtNet>(given, name)]),
      ]) as SrhInfo,
    ),
  save: (info) =>
    words(
      ...NUMBER_NAMES.map((name) => testText(name, info[NUMBERS[name]], String)),
      ...SEGMENT_NAMES.map((name) => testText(name, info[SEGMENTS[name]], segmentText)),
    ),
  list: (info) =>
    words(
      'srh',
      ...NUMBER_NAMES.map((name) => testListed(name.slice(4), info[NUMBERS[name]])),
      ...SEGMENT_NAMES.map((name) => {
        const test = info[SEGMENTS[name]];
        // Two blanks where nothing is negated.
        return test && `${name.slice(4)} ${test.invert ? '!' : ''} ${segmentText(test.value)}`;
      }),
    ),
  translate: (_, { leave }) =>
    leave('nft does not find the segments before and behind the one that is next'),
});

/** Always with the length of its prefix. */
function segmentText(net: XtNet): string {
  const text = netText(net);
  return text.includes('/') ? text : `${text}/128`;
}
