// Which families a ruleset makes the kernel track: expressions and objects that live on connections
// call nf_ct_netns_get() when they are made (nft_ct.c, nft_nat.c, nft_masq.c, nft_redir.c,
// nft_connlimit.c, nft_flow_offload.c, nft_synproxy.c), and that registers defragmentation too.
import type { Batch, Expr, Family, ObjectData } from '../program/index.ts';

const EXPRESSIONS: ReadonlySet<Expr['kind']> = new Set<Expr['kind']>([
  'ct',
  'ct-set',
  'nat',
  'masq',
  'redir',
  'connlimit',
  'flow_offload',
  'synproxy',
]);

const OBJECTS: ReadonlySet<ObjectData['kind']> = new Set<ObjectData['kind']>([
  'ct helper',
  'ct timeout',
  'ct expectation',
  'connlimit',
  'synproxy',
]);

const tracks = (exprs: readonly Expr[]): boolean =>
  exprs.some((e) => EXPRESSIONS.has(e.kind) || (e.kind === 'dynset' && tracks(e.exprs)));

const familiesOf = (family: Family): readonly ('ip' | 'ip6')[] =>
  family === 'inet' ? ['ip', 'ip6'] : family === 'ip' || family === 'ip6' ? [family] : [];

/** The families that a batch brings connection tracking to. */
export function trackedFamilies(batch: Batch): Set<'ip' | 'ip6'> {
  const found = new Set<'ip' | 'ip6'>();
  for (const change of batch) {
    const needed =
      (change.op === 'newrule' && tracks(change.rule.exprs)) ||
      (change.op === 'newset' && tracks(change.set.exprs)) ||
      (change.op === 'newobj' && OBJECTS.has(change.object.data.kind));
    if (needed) for (const family of familiesOf(change.family)) found.add(family);
  }
  return found;
}
