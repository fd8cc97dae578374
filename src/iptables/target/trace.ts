// TRACE: follows the packet through the ruleset (libxt_TRACE.c). iptables-nft sets nf_tables' mark
// for tracing.

import type { BareInfo, Expr } from '../../program/index.ts';
import { extension } from '../extension/index.ts';

const EXPRS: readonly Expr[] = [
  { kind: 'immediate', dreg: 1, data: { kind: 'value', bytes: '01' } },
  { kind: 'meta-set', key: 'nftrace', sreg: 1 },
];

function isTrace(load: Expr | undefined, store: Expr | undefined): boolean {
  if (load?.kind !== 'immediate' || load.data.kind !== 'value') return false;
  if (store?.kind !== 'meta-set' || store.key !== 'nftrace') return false;
  return load.data.bytes === '01' && load.dreg === store.sreg;
}

export const trace = extension<BareInfo>({
  kind: 'target',
  name: 'TRACE',
  families: ['ip', 'ip6', 'arp', 'bridge'],
  rev: 0,
  options: [],
  build: () => ({}),
  save: () => '',
  translate: () => 'nftrace set 1',
  native: {
    lower: () => EXPRS,
    raise: (exprs, at) =>
      isTrace(exprs[at], exprs[at + 1]) ? { info: {}, end: at + 2 } : undefined,
  },
});
