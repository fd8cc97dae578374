// xt_osf.c: the operating system a SYN looks like.

import type { OsfInfo } from '../../../program/index.ts';
import { findFingerprint, isSyn } from '../../osf/index.ts';
import { matchModule } from '../extension.ts';

const IPPROTO_TCP = 6;
const UNKNOWN = 'unknown';

export const osf = matchModule<OsfInfo>({
  name: 'osf',
  placement: {
    families: ['ip', 'inet'],
    hooks: ['prerouting', 'input', 'forward'],
    protocols: [IPPROTO_TCP],
  },
  prepare: ({ genre, invert, ttl = 0 }, { env: { netns } }) => ({
    matches(pkt) {
      if (!isSyn(pkt)) return false;
      const found = findFingerprint(pkt, netns.fingerprints, ttl);
      return ((found?.genre ?? UNKNOWN).toLowerCase() === genre.toLowerCase()) !== invert;
    },
    why: (pkt) =>
      isSyn(pkt)
        ? `it looks like ${findFingerprint(pkt, netns.fingerprints, ttl)?.genre ?? UNKNOWN}`
        : 'only a SYN has a fingerprint',
  }),
});
