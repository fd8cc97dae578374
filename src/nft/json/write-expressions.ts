import type {
  BinaryExpression,
  ElementExpression,
  Expression,
  ExpressionHandlers,
  ExthdrExpression,
  FibExpression,
  PayloadExpression,
  SymbolExpression,
  TcpOptionExpression,
  VerdictExpression,
} from '../ast/index.ts';
import { visitExpression } from '../ast/index.ts';
import type { Json, JsonObject } from './text.ts';
import { statefulJson } from './write-stateful.ts';

/** What a value looks like depends on where it stands and on the switches of the listing. */
export interface WriteContext {
  /** Counters without their values (nft -s). */
  readonly stateless?: boolean;
  /** Inside a comparison, where `fib … check` is written as `oif` for the sake of older readers. */
  readonly relational?: boolean;
  /** Of the rule's table: in `inet` tables some statements name theirs. */
  readonly family?: string;
}

/** The kernel's u64 seconds fit a number; nft cuts off the rest. */
export const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);

const withField = (tag: string, name: Json, field: string | undefined): JsonObject => ({
  [tag]: { name, field },
});

const payload = (e: PayloadExpression): JsonObject => ({
  payload: { tunnel: e.tunnel ?? ownTunnel(e), protocol: e.protocol, field: e.field },
});

/** A tunnel's own header is written as if it were inside the tunnel (payload_expr_json). */
const ownTunnel = (e: PayloadExpression): string | undefined =>
  e.protocol === 'vxlan' || e.protocol === 'geneve' ? e.protocol : undefined;

function tcpOption(e: TcpOptionExpression): JsonObject {
  if (e.raw !== undefined) return { 'tcp option': { base: e.name, ...e.raw } };
  if (typeof e.name === 'string') return withField('tcp option', e.name, e.field);
  // An option without a name is its bytes: the kind, or the length after it.
  const offset = e.field === 'length' ? 8 : 0;
  return { 'tcp option': { base: e.name, offset, len: 8 } };
}

const exthdr = (e: ExthdrExpression): JsonObject => withField('exthdr', e.name, e.field);

/** Flags in the order of their bits, however they were written. */
const FIB_FLAGS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const;

const fib = (e: FibExpression, cx: WriteContext): JsonObject => ({
  fib: {
    result: e.result === 'check' && cx.relational === true ? 'oif' : e.result,
    flags: FIB_FLAGS.filter((flag) => e.flags.includes(flag)),
  },
});

/** `a | b | c` is one operator with three operands. */
function operands(e: Expression, op: BinaryExpression['op'], cx: WriteContext): Json[] {
  if (e.kind !== 'binop' || e.op !== op) return [expressionJson(e, cx)];
  const right = operands(e.right, op, cx);
  const chain: Json[][] = [right];
  let left = e.left;
  for (; left.kind === 'binop' && left.op === op; left = left.left) {
    chain.push(operands(left.right, op, cx));
  }
  chain.push([expressionJson(left, cx)]);
  return chain.reverse().flat();
}

const verdict = (e: VerdictExpression): JsonObject => ({
  [e.verdict]: e.target === undefined ? null : { target: e.target.name },
});

/** Strings, numbers in disguise left as they are: only `check` knows what a word means. */
const symbol = (e: SymbolExpression): Json => e.name;

/** With timeout, comment or state an element is an object of its own. */
function elementKey(e: ElementExpression, cx: WriteContext): Json {
  const val = expressionJson(e.key, cx);
  const { options } = e;
  if (options === undefined) return val;
  const { timeout, expires, comment } = options;
  const seconds = typeof timeout === 'number' ? inSeconds(timeout) : undefined;
  const state: JsonObject = Object.fromEntries(
    options.statements.flatMap((s) => Object.entries(statefulJson(s, cx))),
  );
  const all = {
    val,
    timeout: seconds,
    expires: expires === undefined ? undefined : inSeconds(expires),
    comment,
    ...state,
  };
  return Object.values(all).filter((v) => v !== undefined).length > 1 ? { elem: all } : val;
}

const element = (e: ElementExpression, cx: WriteContext): Json =>
  e.data === undefined ? elementKey(e, cx) : [elementKey(e, cx), expressionJson(e.data, cx)];

const all = (items: readonly Expression[], cx: WriteContext): Json[] =>
  items.map((item) => expressionJson(item, cx));

const handlers: ExpressionHandlers<WriteContext, Json> = {
  symbol,
  integer: (e) => e.value,
  boolean: (e) => e.value,
  prefix: (e, cx) => ({ prefix: { addr: expressionJson(e.addr, cx), len: e.len } }),
  range: (e, cx) => ({ range: [expressionJson(e.from, cx), expressionJson(e.to, cx)] }),
  concat: (e, cx) => ({ concat: all(e.items, cx) }),
  list: (e, cx) => all(e.items, cx),
  set: (e, cx) => ({ set: all(e.elements, cx) }),
  elem: element,
  catchall: () => '*',
  binop: (e, cx) => ({ [e.op]: operands(e, e.op, cx) }),
  map: (e, cx) => ({
    map: { key: expressionJson(e.key, cx), data: expressionJson(e.mapping, cx) },
  }),
  setref: (e) => `@${e.name}`,
  verdict,
  payload,
  'payload raw': (e) => ({ payload: { base: e.base, offset: e.offset, len: e.len } }),
  exthdr,
  'tcp option': tcpOption,
  'ip option': (e) => withField('ip option', e.name, e.field),
  'sctp chunk': (e) => withField('sctp chunk', e.name, e.field),
  'dccp option': (e) => ({ 'dccp option': { type: e.type } }),
  meta: (e) => ({ meta: { key: e.key } }),
  ct: (e) => ({ ct: { key: e.key, dir: e.dir } }),
  socket: (e) => ({ socket: { key: e.key, level: e.level } }),
  osf: (e) => ({ osf: { key: e.key, ttl: e.ttl } }),
  fib,
  rt: (e) => ({ rt: { key: e.key, family: e.family } }),
  ipsec: (e) => ({ ipsec: { key: e.key, family: e.family, dir: e.dir, spnum: e.spnum } }),
  numgen: (e) => ({ numgen: { mode: e.mode, mod: e.mod, offset: e.offset } }),
  jhash: (e, cx) => ({
    jhash: {
      mod: e.mod,
      seed: e.seed,
      offset: e.offset || undefined,
      expr: expressionJson(e.expr, cx),
    },
  }),
  symhash: (e) => ({ symhash: { mod: e.mod, offset: e.offset || undefined } }),
  tunnel: (e) => ({ tunnel: { key: e.key } }),
};

/** An expression as libnftables writes it. */
export const expressionJson = (expr: Expression, cx: WriteContext = {}): Json =>
  visitExpression(handlers, expr, cx);
