// NFTA_RULE_COMPAT: the protocol that the xtables extensions of a rule are checked against
// (nft_parse_compat() of nft_compat.c). The kernel reads it and never tells it.

import type { Rule } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';

export function writeCompat(w: AttributeWriter, compat: Rule['compat']): void {
  if (compat === undefined) return;
  w.nested(u.NFTA_RULE_COMPAT, (inner) =>
    inner
      .u32be(u.NFTA_RULE_COMPAT_PROTO, compat.protocol)
      .u32be(u.NFTA_RULE_COMPAT_FLAGS, compat.invert ? u.NFT_RULE_COMPAT_F_INV : 0),
  );
}

export function readCompat(a: Attributes): Pick<Rule, 'compat'> {
  if (!a.has(u.NFTA_RULE_COMPAT)) return {};
  const compat = a.nested(u.NFTA_RULE_COMPAT);
  const flags = compat.u32be(u.NFTA_RULE_COMPAT_FLAGS);
  return {
    compat: {
      protocol: compat.u32be(u.NFTA_RULE_COMPAT_PROTO),
      invert: (flags & u.NFT_RULE_COMPAT_F_INV) !== 0,
    },
  };
}
