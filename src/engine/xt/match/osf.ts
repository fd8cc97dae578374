// xt_osf.c: the operating system a SYN looks like.

import type { OsfInfo } from '../../../program/index.ts';
import { findFingerprint, isSyn } from '../../osf/index.ts';
import { matchModule } from '../extension.ts';

const IPPROTO_TCP = 6;

export const osf = matchModule<OsfInfo>({
  name: 'osf',
  placement: {
    families: ['ip', 'inet'],
    hooks: ['prerouting', 'input', 'forward'],
    protocols: [IPPROTO_TCP],
  },
  // nf_osf_match() never looks at the flag of a `!`; it has no word for what is unknown; and a rule that logs, logs
  // every system, and so meets it.
  prepare: ({ genre, ttl = 0, log }, { env: { netns } }) => ({
    matches: (pkt) =>
      isSyn(pkt) &&
      findFingerprint(pkt, netns.fingerprints, ttl, log === undefined ? genre : undefined) !==
        undefined,
    why: (pkt) =>
      isSyn(pkt)
        ? `it looks like ${findFingerprint(pkt, netns.fingerprints, ttl)?.genre ?? 'nothing known'}`
        : 'only a SYN has a fingerprint',
  }),
});
