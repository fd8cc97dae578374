// xt_HL.c: TTL and HL.

import type { Family, TtlTargetInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { replace16, touched } from '../header.ts';

/** A result outside a byte stays at its end. */
function hopsAfter({ mode, ttl }: TtlTargetInfo, before: number): number {
  if (mode === 'set') return ttl;
  return mode === 'inc' ? Math.min(before + ttl, 0xff) : Math.max(before - ttl, 0);
}

const hops = (name: string, family: Family, offset: number) =>
  targetModule<TtlTargetInfo>({
    name,
    placement: { families: [family], table: 'mangle' },
    prepare(info) {
      if (info.mode !== 'set' && info.ttl === 0) refuse('EINVAL', `${name} by 0 changes nothing`);
      return {
        run(pkt) {
          const { bytes, network } = pkt;
          const before = bytes[network + offset]!;
          const after = hopsAfter(info, before);
          if (after === before) return NFT_CONTINUE;
          bytes[network + offset] = after;
          if (family === 'ip') replace16(bytes, network + 10, before << 8, after << 8);
          touched(pkt);
          return NFT_CONTINUE;
        },
      };
    },
  });

export const ttl = hops('TTL', 'ip', 8);
export const hl = hops('HL', 'ip6', 7);
