// Which families a ruleset makes the kernel track: expressions and objects that live on connections
// call nf_ct_netns_get() when they are made (nft_ct.c, nft_nat.c, nft_masq.c, nft_redir.c,
// nft_connlimit.c, nft_flow_offload.c, nft_synproxy.c), and that registers defragmentation too.
import type {
  CtInfo,
  Expr,
  Family,
  MatchExpr,
  ObjectData,
  Program,
  Table,
  TargetExpr,
} from '../program/index.ts';

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

/** Extensions of xtables that do (nf_ct_netns_get in their checkentry). */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'cluster',
  'connbytes',
  'connlabel',
  'connlimit',
  'connmark',
  'conntrack',
  'helper',
  'state',
  'CLUSTERIP',
  'CONNMARK',
  'CONNSECMARK',
  'CT',
  'DNAT',
  'MASQUERADE',
  'NETMAP',
  'REDIRECT',
  'SNAT',
  'SYNPROXY',
]);

const OBJECTS: ReadonlySet<ObjectData['kind']> = new Set<ObjectData['kind']>([
  'ct helper',
  'ct timeout',
  'ct expectation',
  'connlimit',
  'synproxy',
]);

type Tracked = 'ip' | 'ip6';

const inFamily = (family: Family): readonly Tracked[] =>
  family === 'inet' || family === 'bridge'
    ? ['ip', 'ip6']
    : family === 'ip' || family === 'ip6'
      ? [family]
      : [];

/** CT --notrack asks for no tracking (xt_ct_tg_check()). */
const isNotrack = ({ name, info }: MatchExpr | TargetExpr): boolean =>
  name === 'CT' && ((info as Partial<CtInfo>).flags ?? 0) % 2 === 1;

/** What one expression needs: nat in an inet table tracks the family of its addresses alone. */
function neededBy(expr: Expr, family: Family): readonly Tracked[] {
  if (expr.kind === 'dynset') return expr.exprs.flatMap((e) => neededBy(e, family));
  if (expr.kind === 'nat') return inFamily(expr.family);
  if (expr.kind === 'match' || expr.kind === 'target')
    return EXTENSIONS.has(expr.name) && !isNotrack(expr) ? inFamily(family) : [];
  return EXPRESSIONS.has(expr.kind) ? inFamily(family) : [];
}

/** nft_tproxy_init(), tproxy_tg4_check(): a socket is found by ports, which only whole datagrams have. */
function reassembledFor(expr: Expr, family: Family): readonly Tracked[] {
  if (expr.kind === 'target' && expr.name === 'TPROXY') return inFamily(family);
  if (expr.kind !== 'tproxy') return [];
  return inFamily(expr.family === 'unspec' ? family : expr.family);
}

const expressionsOf = (table: Table): readonly Expr[] => [
  ...table.chains.flatMap((chain) => chain.rules.flatMap((rule) => rule.exprs)),
  ...table.sets.flatMap((set) => set.exprs),
];

function neededByTable(table: Table): readonly Tracked[] {
  const objects = table.objects.some((object) => OBJECTS.has(object.data.kind));
  const exprs = expressionsOf(table).flatMap((expr) => neededBy(expr, table.family));
  return objects ? [...exprs, ...inFamily(table.family)] : exprs;
}

/** The families whose fragments a ruleset has put together though it tracks no connections. */
export const reassembledFamilies = (program: Program): Set<Tracked> =>
  new Set(
    program.tables.flatMap((table) =>
      expressionsOf(table).flatMap((expr) => reassembledFor(expr, table.family)),
    ),
  );

const isProxy = (expr: Expr): boolean =>
  expr.kind === 'synproxy' || (expr.kind === 'target' && expr.name === 'SYNPROXY');

const proxiedIn = (table: Table): readonly Tracked[] =>
  expressionsOf(table).some(isProxy) || table.objects.some((o) => o.data.kind === 'synproxy')
    ? inFamily(table.family)
    : [];

/** The families with a SYN proxy (nft_synproxy_do_init()). */
export const proxiedFamilies = (program: Program): Set<Tracked> =>
  new Set(program.tables.flatMap(proxiedIn));

/** The families whose connections a ruleset tracks; without rules that need it none is. */
export const trackedFamilies = (program: Program): Set<Tracked> =>
  new Set(program.tables.flatMap(neededByTable));
