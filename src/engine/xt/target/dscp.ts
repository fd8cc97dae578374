// xt_DSCP.c: DSCP and TOS.

import type { DscpTargetInfo, TosTargetInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { dsfield, setDsfield } from '../header.ts';

const DSCP_MAX = 63;
const ECN_BITS = 3;

export const dscp = targetModule<DscpTargetInfo>({
  name: 'DSCP',
  placement: { families: ['ip', 'ip6'], table: 'mangle' },
  prepare({ dscp: value }) {
    if (value > DSCP_MAX) refuse('EDOM', `there is no code point ${value}`);
    return {
      run(pkt) {
        const field = dsfield(pkt);
        if (field >>> 2 !== value) setDsfield(pkt, (field & ECN_BITS) | (value << 2));
        return NFT_CONTINUE;
      },
    };
  },
});

export const tos = targetModule<TosTargetInfo>({
  name: 'TOS',
  placement: { families: ['ip', 'ip6'], table: 'mangle' },
  prepare: ({ tosValue, tosMask }) => ({
    run(pkt) {
      const field = dsfield(pkt);
      const changed = (field & ~tosMask & 0xff) ^ tosValue;
      if (changed !== field) setDsfield(pkt, changed);
      return NFT_CONTINUE;
    },
  }),
});
