// A program as lines, without what a dump says differently from what was sent.

import {
  type Expr,
  type NamedObject,
  type Program,
  printProgram,
  type Rule,
  type SetSpec,
} from '../../../src/program/index.ts';

/** NF_NAT_RANGE_MAP_IPS and _PROTO_SPECIFIED: the kernel sets them from the registers (nft_nat.c). */
const FROM_REGISTERS = 0x3;
/** LOGLEVEL_WARNING, which the kernel takes where none is given (nft_log.c). */
const DEFAULT_LEVEL = 4;

function plainExpr(expr: Expr): Expr {
  switch (expr.kind) {
    case 'nat':
    case 'masq':
    case 'redir':
      return { ...expr, flags: expr.flags & ~FROM_REGISTERS };
    case 'log': {
      const { level, flags, ...rest } = expr;
      const kept = level !== DEFAULT_LEVEL && level !== undefined ? { level } : {};
      return { ...rest, ...kept, ...(flags ? { flags } : {}) };
    }
    case 'counter':
      return { ...expr, packets: 0, bytes: 0 };
    // Versions of the reference differ in who corrects the checksum of a UDP port that is written.
    case 'payload-write':
      return expr.base === 'transport'
        ? { ...expr, csumType: 'none', csumOffset: 0, csumFlags: 0 }
        : expr;
    // Both directions have the same protocols, and the kernel does not tell which was asked for.
    case 'ct': {
      const { dir, ...rest } = expr;
      const isShared = expr.key === 'protocol' || expr.key === 'l3protocol';
      return isShared || dir === undefined ? rest : expr;
    }
    case 'dynset':
      return { ...expr, exprs: expr.exprs.map(plainExpr) };
    default:
      return expr;
  }
}

/** A range of one value, which only older versions keep. */
const single = (expr: Expr): Expr =>
  expr.kind === 'range' && expr.from === expr.to
    ? { kind: 'cmp', sreg: expr.sreg, op: expr.op, data: expr.from }
    : expr;

/** Newer versions of the language compile to one range what older ones compare twice. */
function joinRanges(exprs: readonly Expr[]): Expr[] {
  const out: Expr[] = [];
  for (const expr of exprs) {
    const last = out[out.length - 1];
    const isRange =
      last?.kind === 'cmp' && expr.kind === 'cmp' && last.op === 'gte' && expr.op === 'lte';
    if (!isRange || last.sreg !== expr.sreg) out.push(expr);
    else {
      const { sreg } = expr;
      out[out.length - 1] = { kind: 'range', sreg, op: 'eq', from: last.data, to: expr.data };
    }
  }
  return out;
}

/**
 * The reference tells the kernel how many elements a constant set has, and of ranges counts what
 * goes over the wire. Fields of a key are only described where they are ranges.
 */
function plainSet({ policy: _policy, fieldLens: _lens, size, ...rest }: SetSpec): SetSpec {
  // nft 1.0.6 says of the set of a meter that it is anonymous, though it has a name.
  const isNamed = !rest.name.startsWith('__');
  const set = isNamed ? { ...rest, flags: rest.flags.filter((f) => f !== 'anonymous') } : rest;
  return size === undefined || set.flags.includes('constant') ? set : { ...set, size };
}

/** Whether there is a route is one byte of the register; older versions compare all four. */
const shortenPresence = (expr: Expr, i: number, all: readonly Expr[]): Expr => {
  const before = all[i - 1];
  const isPresence = before?.kind === 'fib' && before.flags.includes('present');
  return expr.kind === 'cmp' && isPresence ? { ...expr, data: expr.data.slice(0, 2) } : expr;
};

/** Older versions turn the single byte of a protocol round, which changes nothing. */
const isIdle = (expr: Expr): boolean => expr.kind === 'byteorder' && expr.len < expr.size;

const plainRule = (rule: Rule): Rule => ({
  ...rule,
  exprs: joinRanges(
    rule.exprs
      .filter((expr) => !isIdle(expr))
      .map(plainExpr)
      .map(shortenPresence),
  ).map(single),
});

/** Elements come in the order of the kernel's trees and tables. */
const sortElements = (line: string): string =>
  line.includes('\telement ') ? line.split('\t').sort().join('\t') : line;

/** Seconds of the states a policy of TCP does not name (tcp_timeouts of nf_conntrack_proto_tcp.c). */
const TCP_DEFAULTS: Readonly<Record<string, number>> = {
  syn_sent: 120,
  syn_recv: 60,
  established: 432000,
  fin_wait: 120,
  close_wait: 60,
  last_ack: 30,
  time_wait: 120,
  close: 10,
  syn_sent2: 120,
  retrans: 300,
  unack: 300,
};
const UDP_DEFAULTS: Readonly<Record<string, number>> = { unreplied: 30, replied: 120 };

/** The kernel tells all states of a policy of timeouts, in its own order. */
function plainObject(object: NamedObject): NamedObject {
  if (object.data.kind !== 'ct timeout') return object;
  const { policy, l4proto } = object.data;
  const defaults = l4proto === 6 ? TCP_DEFAULTS : UDP_DEFAULTS;
  const named = Object.entries(policy).filter(([state, value]) => defaults[state] !== value);
  return { ...object, data: { ...object.data, policy: Object.fromEntries(named.sort()) } };
}

export function comparable(program: Program): readonly string[] {
  const plain: Program = {
    tables: program.tables.map((table) => ({
      ...table,
      sets: table.sets.map(plainSet),
      objects: table.objects.map(plainObject),
      chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(plainRule) })),
    })),
  };
  return printProgram(plain, { anonymousNames: true })
    .replace(/__chain\d+/g, '__chain%d')
    .split('\n')
    .map(sortElements);
}
