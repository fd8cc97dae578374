import type {
  CounterStatement,
  Integer,
  LimitSpec,
  QuotaStatement,
  StatefulStatement,
} from '../ast/index.ts';
import { contradiction } from '../diagnostics/index.ts';
import { type Parser, times } from './parser.ts';

const STATEFUL: ReadonlySet<string> = new Set(['counter', 'limit', 'quota', 'last', 'ct']);

/** Words that start a stateful statement; a `ct` that is none (`ct mark`) cannot follow an element. */
export const isStateful = (p: Parser): boolean => p.isOneOf(STATEFUL);

/** A statement with state of its own, in its anonymous form. */
export function statefulStatement(p: Parser): StatefulStatement {
  const at = p.here;
  switch (p.expectOneOf(STATEFUL)) {
    case 'counter':
      return counter(p, at);
    case 'limit':
      return limit(p, at);
    case 'quota':
      return quota(p, at);
    case 'last':
      return last(p, at);
    default:
      return connlimit(p, at);
  }
}

type At = Parser['here'];

/** After `counter`. */
export function counter(p: Parser, at: At): CounterStatement {
  let packets: Integer = 0;
  let bytes: Integer = 0;
  for (;;) {
    if (p.acceptWord('packets')) packets = p.quantity();
    else if (p.acceptWord('bytes')) bytes = p.quantity();
    else return { kind: 'counter', span: p.since(at), packets, bytes };
  }
}

function limit(p: Parser, at: At): StatefulStatement {
  if (!p.isWord('rate')) p.fail('rate', 'name');
  const spec = limitSpec(p);
  return { kind: 'limit', span: p.since(at), ...spec };
}

const TIME_UNITS = ['second', 'minute', 'hour', 'day', 'week'] as const;

/** `rate [over|until] N/unit [burst N packets]`, also in packets or bytes of a limit object. */
export function limitSpec(p: Parser): LimitSpec {
  // A slash after a unit is an operator here, and part of the word everywhere else.
  p.scan.enter('rate');
  try {
    p.expectWord('rate');
    return rate(p);
  } finally {
    p.scan.enter('default');
  }
}

function rate(p: Parser): LimitSpec {
  const over = p.acceptWord('over');
  if (!over) p.acceptWord('until');
  const count = p.quantity();
  const factor = byteUnit(p);
  p.expect('/');
  const per = p.expectWord(...TIME_UNITS);
  const unit = factor === undefined ? 'packets' : 'bytes';
  const burst = burstOf(p, unit);
  const spec = { over, unit, rate: times(count, factor ?? 1), per } as const;
  return burst === undefined ? spec : { ...spec, burst };
}

function byteUnit(p: Parser): number | undefined {
  if (p.acceptWord('bytes')) return 1;
  if (p.acceptWord('kbytes')) return 1024;
  return p.acceptWord('mbytes') ? 1024 * 1024 : undefined;
}

function burstOf(p: Parser, unit: LimitSpec['unit']): Integer | undefined {
  if (!p.acceptWord('burst')) return undefined;
  const at = p.here;
  if (unit === 'bytes') return p.byteCount();
  const burst = p.quantity();
  p.expectWord('packets');
  if (burst === 0) p.raise(contradiction(at, 'the burst of a packet limit must be over 0'));
  return burst;
}

function quota(p: Parser, at: At): QuotaStatement {
  const spec = quotaSpec(p);
  return { kind: 'quota', span: p.since(at), ...spec };
}

/** `[over|until] N bytes [used N bytes]`. */
export function quotaSpec(p: Parser): Pick<QuotaStatement, 'over' | 'bytes' | 'used'> {
  const over = p.acceptWord('over');
  if (!over) p.acceptWord('until');
  const bytes = p.byteCount();
  return { over, bytes, used: p.acceptWord('used') ? p.byteCount() : 0 };
}

function last(p: Parser, at: At): StatefulStatement {
  const used = p.acceptWord('used') && !p.acceptWord('never') ? p.time() : undefined;
  const span = p.since(at);
  return used === undefined ? { kind: 'last', span } : { kind: 'last', span, used };
}

function connlimit(p: Parser, at: At): StatefulStatement {
  p.expectWord('count');
  const over = p.acceptWord('over');
  const count = p.number('count');
  return { kind: 'ct count', span: p.since(at), count, over };
}
