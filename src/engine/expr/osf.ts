// osf: the operating system a SYN looks like, net/netfilter/nft_osf.c. Without fingerprints every one
// is unknown.

import { Nfproto } from '../../core/index.ts';
import type { OsfExpr } from '../../program/index.ts';
import { NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import { findFingerprint, isSyn, NF_OSF_TTL_NOCHECK } from '../osf/index.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { putName, spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

/** NFT_OSF_MAXGENRELEN, the zero at the end included. */
const GENRE_BYTES = 16;
const NFT_OSF_F_VERSION = 1;
const IPPROTO_TCP = 6;

class Osf extends BaseOp<OsfExpr> {
  readonly writes: Span;
  readonly #env: Env;

  constructor(expr: OsfExpr, at: number, env: Env) {
    super(expr);
    this.writes = { word: at, bytes: GENRE_BYTES };
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    if (pkt.pf !== Nfproto.ip || pkt.tprot !== IPPROTO_TCP || !isSyn(pkt)) return NFT_BREAK;
    const name = this.#name(pkt);
    putName(name.slice(0, GENRE_BYTES - 1), regs, this.writes.word, wordsIn(GENRE_BYTES));
    return NFT_CONTINUE;
  }

  #name(pkt: PktInfo): string {
    const found = findFingerprint(pkt, this.#env.netns.fingerprints, this.expr.ttl);
    if (found === undefined) return 'unknown';
    const versioned = (this.expr.flags & NFT_OSF_F_VERSION) !== 0;
    return versioned ? `${found.genre}:${found.version}` : found.genre;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    if (pkt.pf !== Nfproto.ip) return 'fingerprints are of IPv4';
    return pkt.tprot === IPPROTO_TCP ? 'only a SYN has a fingerprint' : 'not TCP';
  }

  /** nft_osf_validate(), which has refused family ip6 of late; rulesets that have it stay loadable. */
  validate(base: Chain): void {
    requireHooks(base, ['prerouting', 'input', 'forward'], 'osf');
  }
}

export function prepareOsf(expr: OsfExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `osf is not for family ${cx.family}`);
  if (expr.ttl > NF_OSF_TTL_NOCHECK) refuse('EINVAL', `no such TTL check: ${expr.ttl}`);
  if ((expr.flags & ~NFT_OSF_F_VERSION) !== 0) refuse('EINVAL', `unknown osf flags ${expr.flags}`);
  const at = spanOf(expr.dreg, GENRE_BYTES);
  cx.endian.mark(at, wordsIn(GENRE_BYTES), NETWORK);
  return new Osf(expr, at, cx.env);
}
