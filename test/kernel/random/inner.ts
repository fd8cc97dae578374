// Random rules about what a tunnel carries, which nft 1.0.6 has no words for. Each has a chain of its own
// and a named counter: Linux 6.18 keeps what it found inside by the address of a packet, and a second rule
// of a chain may be told of another packet.

import type { Random } from '../../../src/core/index.ts';
import type { Batch, Expr, InnerExpr } from '../../../src/program/index.ts';
import type { RandomTable } from './grammar.ts';
import { pick } from './words.ts';

/** NFT_INNER_*, nf_tables.h. */
const [HDRSIZE, LL, NH, TH] = [1, 2, 4, 8];
const TUNNELS = [
  { type: 'vxlan', hdrsize: 8, flags: HDRSIZE | LL | NH | TH },
  { type: 'geneve', hdrsize: 8, flags: HDRSIZE | LL | NH | TH },
  { type: 'gre', hdrsize: 4, flags: HDRSIZE | NH | TH },
  { type: 'gretap', hdrsize: 4, flags: HDRSIZE | LL | NH | TH },
] as const;

type Inside = InnerExpr['expr'];

const payload = (
  base: 'link' | 'network' | 'transport' | 'tunnel',
  offset: number,
  len: number,
): Inside => ({
  kind: 'payload',
  ...{ base, offset, len, dreg: 1 },
});

/** What is loaded, and values that packets.ts has there. */
const LOADS: readonly (readonly [Inside, readonly string[]])[] = [
  [payload('network', 12, 4), ['0a090001', '0a090002']],
  [payload('network', 9, 1), ['11', '06']],
  [payload('network', 6, 1), ['11', '00']],
  [payload('transport', 2, 2), ['0035', '03e8']],
  [payload('transport', 0, 4), ['03e80035']],
  [payload('tunnel', 4, 3), ['000001']],
  [{ kind: 'meta', key: 'protocol', dreg: 1 }, ['0800', '86dd']],
  [{ kind: 'meta', key: 'l4proto', dreg: 1 }, ['11', '06']],
];

function loadOf(r: Random): readonly Expr[] {
  const tunnel = pick(r, TUNNELS);
  const [expr, values] = pick(r, LOADS);
  const load: Expr = { kind: 'inner', ...tunnel, expr };
  const op = pick(r, ['eq', 'neq'] as const);
  return [load, { kind: 'cmp', sreg: 1, op, data: pick(r, values) }];
}

const countBy = (name: string): Expr => ({ kind: 'objref', ref: { type: 'counter', name } });

const TABLE = 'i';

/** A table of such chains, and the rules to be sent after it. */
export function innerRules(r: Random): { readonly table: RandomTable; readonly rules: Batch } {
  const n = 1 + r.below(4);
  const hook = pick(r, ['prerouting', 'forward', 'postrouting']);
  const names = Array.from({ length: n }, (_, i) => `p${i}`);
  return {
    table: {
      family: 'inet',
      name: TABLE,
      declarations: names.map((name) => ({
        name: `c_${name}`,
        text: `counter c_${name} {\n}`,
        parts: [],
      })),
      chains: names.map((name) => ({
        name,
        head: `type filter hook ${hook} priority 0; policy accept;`,
        rules: [],
      })),
    },
    rules: names.map((chain) => ({
      ...({ op: 'newrule', family: 'inet', table: TABLE, where: 'add' } as const),
      chain,
      rule: { exprs: [...loadOf(r), countBy(`c_${chain}`)] },
    })),
  };
}
