// rpfilter: a route back to the source exists (libxt_rpfilter.c).

import type { RpfilterInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, words } from '../extension/index.ts';

export const rpfilter = extension<RpfilterInfo>({
  kind: 'match',
  name: 'rpfilter',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'loose', about: 'by whatever interface' },
    { name: 'validmark', about: 'the mark of the packet counts' },
    { name: 'accept-local', about: 'the source may be an address of this host' },
    { name: 'invert', about: 'match where there is none' },
  ],
  build: (given) => ({
    loose: given.has('loose'),
    validMark: given.has('validmark'),
    acceptLocal: given.has('accept-local'),
    invert: given.has('invert'),
  }),
  save: (info) =>
    words(
      info.loose && '--loose',
      info.validMark && '--validmark',
      info.acceptLocal && '--accept-local',
      info.invert && '--invert',
    ),
  list: (info) =>
    words(
      'rpfilter',
      info.loose && 'loose',
      info.validMark && 'validmark',
      info.acceptLocal && 'accept-local',
      info.invert && 'invert',
    ),
  translate(info, { exact, leave }) {
    if (info.acceptLocal && (exact || !info.invert))
      return leave('nft takes an address of the host for one that the way back leads to');
    const local = info.acceptLocal && 'fib saddr type != local';
    const key = `fib saddr${info.validMark ? ' . mark' : ''}${info.loose ? '' : ' . iif'}`;
    return words(local, `${key} oif ${info.invert ? '' : '!= '}0`);
  },
});
