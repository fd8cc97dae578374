// frag: the fragment header (libip6t_frag.c).

import type { FragInfo, XtRange } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  isFull,
  numbersListed,
  rangeFlag,
  rangeNft,
  U32_MAX,
  uint,
  uintRange,
  words,
} from '../extension/index.ts';

export const frag = extension<FragInfo>({
  kind: 'match',
  name: 'frag',
  families: ['ip6'],
  rev: 0,
  options: [
    {
      name: 'fragid',
      parse: uintRange(U32_MAX),
      negatable: true,
      about: 'id[:id]  identification, or a range',
    },
    {
      name: 'fraglen',
      parse: uint(U32_MAX),
      negatable: true,
      about: 'length  bytes of the header',
    },
    { name: 'fragres', about: 'the reserved fields are zero' },
    { name: 'fragfirst', about: 'the first fragment' },
    { name: 'fragmore', excludes: ['fraglast'], about: 'more fragments follow' },
    { name: 'fraglast', excludes: ['fragmore'], about: 'the last fragment' },
  ],
  build: (given) => ({
    ids: given.value<XtRange>('fragid') ?? { min: 0, max: U32_MAX },
    invertId: given.negated('fragid'),
    hdrlen: given.value<number>('fraglen') ?? 0,
    lenGiven: given.has('fraglen'),
    invertLen: given.negated('fraglen'),
    res: given.has('fragres'),
    first: given.has('fragfirst'),
    more: given.has('fragmore'),
    last: given.has('fraglast'),
  }),
  save: (info) =>
    words(
      rangeFlag('fragid', info.ids, info.invertId, U32_MAX),
      info.lenGiven && `${flagText('fraglen', info.invertLen)} ${info.hdrlen}`,
      info.res && '--fragres',
      info.first && '--fragfirst',
      info.more && '--fragmore',
      info.last && '--fraglast',
    ),
  list: (info) =>
    [
      `frag ${numbersListed('id', info.ids, info.invertId)}`,
      ...(info.lenGiven ? [`length:${bang(info.invertLen)}${info.hdrlen}`] : []),
      ...(info.res ? ['reserved'] : []),
      ...(info.first ? ['first'] : []),
      ...(info.more ? ['more'] : []),
      ...(info.last ? ['last'] : []),
    ].join(' '),
  translate(info, { exact }) {
    const anyId = isFull(info.ids, U32_MAX) && !info.invertId;
    const text = words(
      !anyId && rangeNft('frag id', info.ids, info.invertId),
      // Asked for are reserved bits that are zero.
      info.res && (exact ? 'frag reserved 0 frag reserved2 0' : 'frag reserved 1'),
      info.first && 'frag frag-off 0',
      info.more && 'frag more-fragments 1',
      info.last && 'frag more-fragments 0',
    );
    if (text === '') return exact ? 'exthdr frag exists' : undefined;
    return text;
  },
});
