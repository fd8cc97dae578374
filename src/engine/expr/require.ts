import type { Expr, Family, SetSpec } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Prepare } from '../op.ts';
import { wordsIn } from '../registers.ts';

/** nft_parse_register_load(): a rule may read only registers that it has written before. */
export function requireSet(cx: Prepare, word: number, bytes: number): void {
  const missing = cx.endian.unset(word, wordsIn(bytes));
  if (missing >= 0) refuse('ENODATA', `register word ${missing} is read before it is written`);
}

/** nf_ct_netns_get(): connections are tracked for the families of IP, and for bridges. */
export function requireTracked(family: Family): void {
  if (family === 'arp' || family === 'netdev') {
    refuse('EPROTO', `connection tracking does not see packets of family ${family}`);
  }
}

/** nft_set_elem_expr_alloc(): what has to be collected (NFT_EXPR_GC) does not go with timeouts. */
export function requireNoTimeout(
  exprs: readonly Expr[],
  set: Pick<SetSpec, 'name' | 'flags'>,
): void {
  if (set.flags.includes('timeout') && exprs.some(({ kind }) => kind === 'connlimit'))
    refuse('EOPNOTSUPP', `ct count in set ${set.name}, whose elements have timeouts`);
}
