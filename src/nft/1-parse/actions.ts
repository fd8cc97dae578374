import type {
  DupStatement,
  Expression,
  FwdStatement,
  NatStatement,
  QueueStatement,
  RejectStatement,
  Span,
  Statement,
  SynproxySpec,
  TproxyStatement,
} from '../ast/index.ts';
import { concat, map, statementValue } from './expressions.ts';
import type { Parser } from './parser.ts';
import { familyWord } from './selectors.ts';

/** `reject [with icmp [type] code | with tcp reset]`. */
export function reject(p: Parser): RejectStatement {
  const at = p.here;
  p.scan.advance();
  if (!p.acceptWord('with')) return { kind: 'reject', span: at };
  const type = p.expectWord('icmp', 'icmpv6', 'icmpx', 'tcp');
  if (type === 'tcp') {
    p.expectWord('reset');
    return { kind: 'reject', span: p.since(at), type: 'tcp reset' };
  }
  p.acceptWord('type');
  const code = rejectCode(p);
  return { kind: 'reject', span: p.since(at), type, code };
}

function rejectCode(p: Parser): Expression {
  const span = p.here;
  if (p.is('number')) return { kind: 'integer', span, value: p.number('code', 0, 255) };
  const { name } = p.identifier('<code>');
  return { kind: 'symbol', span, name, form: 'word' };
}

type NatFlag = NatStatement<'snat'>['flags'][number];
const NAT_FLAGS = ['random', 'fully-random', 'persistent'] as const;

function natFlags(p: Parser): NatFlag[] {
  const flags: NatFlag[] = [];
  while (NAT_FLAGS.some((flag) => p.isWord(flag))) {
    do flags.push(p.expectWord(...NAT_FLAGS));
    while (p.accept(','));
  }
  return flags;
}

type NatArguments = {
  -readonly [K in 'family' | 'addr' | 'port' | 'type']?: NatStatement<'snat'>[K] & {};
};

/** `snat`, `dnat`, `masquerade` and `redirect` with their arguments. */
export function nat(p: Parser): Statement {
  const at = p.here;
  const kind = p.expectWord('snat', 'dnat', 'masquerade', 'redirect');
  const args: NatArguments = {};
  if (kind === 'snat' || kind === 'dnat') addressAndPort(p, args);
  else if (p.acceptWord('to')) {
    if (!p.accept(':') && kind === 'masquerade') p.fail("':'");
    args.port = statementValue(p);
  }
  const flags = natFlags(p);
  return { ...args, kind, span: p.since(at), flags };
}

function addressAndPort(p: Parser, args: NatArguments): void {
  const family = natFamily(p);
  if (family !== undefined) args.family = family;
  const type = natType(p);
  if (type !== undefined) args.type = type;
  if (family !== undefined || type !== undefined) p.expectWord('to');
  else p.acceptWord('to');
  if (!p.is(':')) args.addr = statementValue(p);
  if (p.accept(':')) args.port = statementValue(p);
}

const AFTER_FAMILY: ReadonlySet<string> = new Set(['to', 'addr', 'interval', 'prefix']);

/** `ip` names the family only before these words; else it starts a header field. */
function natFamily(p: Parser): 'ip' | 'ip6' | undefined {
  if (!p.isWord('ip') && !p.isWord('ip6')) return undefined;
  const mark = p.mark();
  const family = familyWord(p);
  if (p.isOneOf(AFTER_FAMILY)) return family;
  p.rewind(mark);
  return undefined;
}

function natType(p: Parser): NatArguments['type'] {
  if (p.acceptWord('interval')) return 'interval';
  if (p.acceptWord('prefix')) return 'prefix';
  if (!p.acceptWord('addr')) return undefined;
  p.expect('.');
  p.expectWord('port');
  return 'concat';
}

/** `tproxy [ip|ip6] to [address][:port]`. */
export function tproxy(p: Parser): TproxyStatement {
  const at = p.here;
  p.scan.advance();
  const args: NatArguments = {};
  const family = familyWord(p);
  if (family !== undefined) args.family = family;
  p.expectWord('to');
  if (!p.is(':')) args.addr = statementValue(p);
  if (p.accept(':')) args.port = statementValue(p);
  return { ...args, kind: 'tproxy', span: p.since(at) };
}

/** `synproxy [mss n] [wscale n] [timestamp] [sack-perm]`. */
export function synproxy(p: Parser): Statement {
  const at = p.here;
  p.scan.advance();
  return { ...synproxySpec(p, () => false), kind: 'synproxy', span: p.since(at) };
}

/** The options of a SYN proxy; `between` may eat what separates them in an object's block. */
export function synproxySpec(p: Parser, between: () => boolean): SynproxySpec {
  const spec: { -readonly [K in keyof SynproxySpec]: SynproxySpec[K] } = {
    timestamp: false,
    sackPerm: false,
  };
  for (;;) {
    if (p.acceptWord('mss') || p.acceptWord('maxseg')) spec.mss = p.number('mss', 0, 0xffff);
    else if (p.acceptWord('wscale')) spec.wscale = p.number('window scale', 0, 255);
    else if (p.acceptWord('timestamp')) spec.timestamp = true;
    else if (p.acceptWord('sack-perm') || p.acceptWord('sack-permitted')) spec.sackPerm = true;
    else if (!between()) return spec;
  }
}

type QueueFlag = QueueStatement['flags'][number];
const isQueueFlag = (p: Parser): boolean => p.isWord('bypass') || p.isWord('fanout');

function queueFlags(p: Parser): QueueFlag[] {
  const flags: QueueFlag[] = [];
  do flags.push(p.expectWord('bypass', 'fanout'));
  while (p.accept(','));
  return flags;
}

/** `queue [flags …] [to …|num …]`, or with the flags last as it used to be. */
export function queue(p: Parser): QueueStatement {
  const at = p.here;
  p.scan.advance();
  const flags: QueueFlag[] = [];
  let num: Expression | undefined;
  if (p.acceptWord('flags')) {
    flags.push(...queueFlags(p));
    num = p.expectWord('to', 'num') === 'to' ? queueTarget(p) : queueNumber(p);
  } else if (p.acceptWord('to')) num = queueTarget(p);
  else {
    for (;;) {
      if (p.acceptWord('num')) num = queueNumber(p);
      else if (isQueueFlag(p)) flags.push(...queueFlags(p));
      else break;
    }
  }
  const node = { kind: 'queue', span: p.since(at), flags } as const;
  return num === undefined ? node : { ...node, num };
}

/** A queue or a range of them. */
function queueNumber(p: Parser): Expression {
  if (!p.is('number') && !p.is('$')) p.fail('<queue number>');
  return numberOrRange(p, p.here, concat(p));
}

function numberOrRange(p: Parser, at: Span, from: Expression): Expression {
  if (from.kind === 'range') return from;
  if (from.kind !== 'integer') p.fail('<queue number>');
  if (!p.accept('-')) return from;
  const to = concat(p);
  if (to.kind !== 'integer') p.fail('<queue number>');
  return { kind: 'range', span: p.since(at), from, to };
}

/** Also a number computed for each packet. */
function queueTarget(p: Parser): Expression {
  const at = p.here;
  const expr = concat(p);
  if (p.isWord('map')) return map(p, at, expr);
  if (expr.kind === 'numgen' || expr.kind === 'jhash' || expr.kind === 'symhash') return expr;
  return numberOrRange(p, at, expr);
}

/** `dup to address [device name]`. */
export function dup(p: Parser): DupStatement {
  const at = p.here;
  p.scan.advance();
  p.expectWord('to');
  const addr = statementValue(p);
  const dev = p.acceptWord('device') ? statementValue(p) : undefined;
  const node = { kind: 'dup', span: p.since(at), addr } as const;
  return dev === undefined ? node : { ...node, dev };
}

/** `fwd to device`, or `fwd ip to address device name`. */
export function fwd(p: Parser): FwdStatement {
  const at = p.here;
  p.scan.advance();
  const family = familyWord(p);
  p.expectWord('to');
  const first = statementValue(p);
  if (family === undefined) return { kind: 'fwd', span: p.since(at), dev: first };
  p.expectWord('device');
  const dev = statementValue(p);
  return { kind: 'fwd', span: p.since(at), family, addr: first, dev };
}
