// A program as lines, without what a dump says differently from what was sent.

import {
  type Expr,
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
 * The reference tells the kernel how many elements a constant set has; it is no limit of the set.
 * Fields of a key are only described where they are ranges.
 */
function plainSet({ policy: _policy, fieldLens: _lens, size, ...set }: SetSpec): SetSpec {
  return size === undefined || set.flags.includes('constant') ? set : { ...set, size };
}

/** Whether there is a route is one byte of the register; older versions compare all four. */
const shortenPresence = (expr: Expr, i: number, all: readonly Expr[]): Expr => {
  const before = all[i - 1];
  const isPresence = before?.kind === 'fib' && before.flags.includes('present');
  return expr.kind === 'cmp' && isPresence ? { ...expr, data: expr.data.slice(0, 2) } : expr;
};

const plainRule = (rule: Rule): Rule => ({
  ...rule,
  exprs: joinRanges(rule.exprs.map(plainExpr).map(shortenPresence)).map(single),
});

/** Elements come in the order of the kernel's trees and tables. */
const sortElements = (line: string): string =>
  line.includes('\telement ') ? line.split('\t').sort().join('\t') : line;

export function comparable(program: Program): readonly string[] {
  const plain: Program = {
    tables: program.tables.map((table) => ({
      ...table,
      sets: table.sets.map(plainSet),
      chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(plainRule) })),
    })),
  };
  return printProgram(plain, { anonymousNames: true })
    .replace(/__chain\d+/g, '__chain%d')
    .split('\n')
    .map(sortElements);
}
