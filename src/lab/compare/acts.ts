// What rules do that is seen neither on the wire nor in connections: they count, tell, keep time, and
// put elements into sets.

import type {
  Chain,
  Expr,
  LogInfo,
  NflogInfo,
  NfqueueInfo,
  Program,
  Rule,
  Table,
} from '../../program/index.ts';

/** Targets whose work nobody sees in the packet. */
const UNSEEN = new Set(['LED', 'IDLETIMER', 'RATEEST', 'CONNSECMARK', 'CT', 'nfacct']);

/** Expressions that only find out, and so leave a rule that does nothing but count. */
const FINDS = new Set<Expr['kind']>([
  'payload',
  'cmp',
  'range',
  'bitwise',
  'byteorder',
  'meta',
  'ct',
  'lookup',
  'exthdr',
  'fib',
  'rt',
  'socket',
  'osf',
  'xfrm',
  'tunnel',
  'hash',
  'inner',
  'match',
  'counter',
]);

const isCounting = ({ exprs }: Rule): boolean =>
  exprs.some((e) => e.kind === 'counter') &&
  exprs.every((e) => FINDS.has(e.kind) && !(e.kind === 'lookup' && e.dreg === 0));

const LOGLEVEL_WARNING = 4;
/** NFT_LOGLEVEL_AUDIT: the record that xt_AUDIT.c makes, which tells nothing of the verdict. */
const LOGLEVEL_AUDIT = 8;
const AUDIT_RECORD = 'a record of audit';

/** How a log is written, which its text does not say; in either language. */
function logText(expr: Expr): string | undefined {
  if (expr.kind === 'log') {
    const { level = LOGLEVEL_WARNING, flags = 0, group, snaplen = 0, qthreshold = 0 } = expr;
    if (level === LOGLEVEL_AUDIT) return AUDIT_RECORD;
    return group === undefined
      ? `log of level ${level}, flags ${flags}`
      : `log of group ${group}, ${snaplen} bytes, ${qthreshold} at once`;
  }
  if (expr.kind !== 'target' && expr.kind !== 'match') return undefined;
  if (expr.name === 'AUDIT') return AUDIT_RECORD;
  if (expr.name === 'LOG') {
    const { level, logflags } = expr.info as LogInfo;
    return `log of level ${level}, flags ${logflags}`;
  }
  if (expr.name === 'NFLOG') {
    const { group, len, size, threshold } = expr.info as NflogInfo;
    return `log of group ${group}, ${size ? len : 0} bytes, ${threshold} at once`;
  }
  return /^(log|nflog|ULOG)$/.test(expr.name)
    ? `${expr.name} ${JSON.stringify(expr.info)}`
    : undefined;
}

/** Which of several queues it is, a packet does not always show. */
function queueText(expr: Expr): string | undefined {
  if (expr.kind === 'queue') return `queue of ${expr.total ?? 1}, flags ${expr.flags}`;
  if (expr.kind !== 'target' || expr.name !== 'NFQUEUE') return undefined;
  const { queuesTotal, flags } = expr.info as NfqueueInfo;
  return `queue of ${queuesTotal}, flags ${flags}`;
}

function actOf(rule: Rule): string | undefined {
  for (const expr of rule.exprs) {
    if ((expr.kind === 'target' || expr.kind === 'match') && UNSEEN.has(expr.name))
      return `${expr.name} ${JSON.stringify(expr.info)}`;
    const told = logText(expr) ?? queueText(expr);
    if (told !== undefined) return told;
    if (expr.kind === 'objref' && 'name' in expr.ref) return `${expr.ref.type} ${expr.ref.name}`;
  }
  return isCounting(rule) ? 'counted by a rule that only counts' : undefined;
}

const fills = ({ exprs }: Rule): boolean =>
  exprs.some((e) => e.kind === 'dynset' || (e.kind === 'target' && e.name === 'SET'));

const placesOf = <T>(
  program: Program,
  is: (rule: Rule, table: Table, chain: Chain) => T | undefined,
): ReadonlyMap<string, T> =>
  new Map(
    program.tables.flatMap((table) =>
      table.chains.flatMap((chain) =>
        chain.rules.flatMap((rule, index) => {
          const act = is(rule, table, chain);
          const place = `${table.family} ${table.name} ${chain.name} ${index}`;
          return act === undefined ? [] : [[place, act] as const];
        }),
      ),
    ),
  );

export class Acts {
  readonly #acts: ReadonlyMap<string, string>;
  readonly #fills: ReadonlyMap<string, string>;
  /** Where in a rule its counter stands. */
  readonly #counters: ReadonlyMap<string, number>;

  constructor(program: Program) {
    this.#acts = placesOf(program, actOf);
    this.#fills = placesOf(program, (rule) => (fills(rule) ? 'fills' : undefined));
    this.#counters = placesOf(program, ({ exprs }) => {
      const at = exprs.findIndex((e) => e.kind === 'counter');
      return at >= 0 && at < exprs.length - 1 ? at : undefined;
    });
  }

  of(place: string): string | undefined {
    return this.#acts.get(place);
  }

  /** What a rule does behind its counter may still break it. */
  isCounted(place: string, failed: number): boolean {
    return failed > (this.#counters.get(place) ?? failed);
  }

  fillsSet(place: string): boolean {
    return this.#fills.has(place);
  }
}

const STATEFUL = new Set(['limit', 'quota', 'connlimit', 'last', 'dynset', 'objref', 'numgen']);
const STATEFUL_XT = new Set([
  'limit',
  'hashlimit',
  'quota',
  'recent',
  'statistic',
  'time',
  'rateest',
  'nfacct',
  'SET',
  'IDLETIMER',
  'LED',
  'RATEEST',
  'SYNPROXY',
]);

/** What a packet meets depends on those before it, beyond its connection, or on the time. */
export const isStateful = ({ tables }: Program): boolean =>
  tables.some((table) =>
    table.chains.some((chain) =>
      chain.rules.some((rule) =>
        rule.exprs.some(
          (e) =>
            STATEFUL.has(e.kind) ||
            ((e.kind === 'match' || e.kind === 'target') && STATEFUL_XT.has(e.name)) ||
            (e.kind === 'meta' && ['hour', 'day', 'time'].includes(e.key)),
        ),
      ),
    ),
  );
