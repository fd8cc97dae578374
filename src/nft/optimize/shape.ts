// What of a rule can be joined with its neighbours: which matches, which statements behind them.

import type {
  Expression,
  MatchStatement,
  Rule,
  Statement,
  VerdictStatement,
} from '../ast/index.ts';

/** A rule in the parts that merging is about. */
export interface Shape {
  readonly rule: Rule;
  /** Matches of one value each, that a set can hold. */
  readonly joined: readonly MatchStatement[];
  /** Matches that must be the same in all rules. */
  readonly kept: readonly MatchStatement[];
  readonly actions: readonly Statement[];
  readonly verdict: VerdictStatement | undefined;
}

/** Keys whose single values are bit tests, or that are another value each time they are read. */
const UNMERGED_META = new Set(['random', 'time', 'hour', 'day', 'ipsec', 'nftrace', 'broute']);
const MERGED_CT = new Set([
  ...['mark', 'zone', 'l3proto', 'protocol', 'direction', 'proto-src', 'proto-dst'],
  ...['saddr', 'daddr', 'ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr'],
]);

/**
 * Selectors whose value a set may hold in place of a comparison. Flags are left out: `tcp flags syn`
 * and `ct state new` test bits, an element of a set is the whole value.
 */
function isSelector(left: Expression): boolean {
  if (left.kind === 'payload') return !(left.protocol === 'tcp' && left.field === 'flags');
  if (left.kind === 'meta') return !UNMERGED_META.has(left.key);
  return left.kind === 'ct' && MERGED_CT.has(left.key);
}

/** A wildcard in a set is an interval of its own kind; nft 1.1 has it, older kernels do not. */
const isWildcard = (value: Expression): boolean =>
  value.kind === 'symbol' && (value.form === 'wildcard' || value.name.endsWith('*'));

function isValue(right: Expression): boolean {
  if (right.kind === 'symbol') return !isWildcard(right);
  if (right.kind === 'integer') return true;
  if (right.kind === 'prefix') return isValue(right.addr);
  return right.kind === 'range' && isValue(right.from) && isValue(right.to);
}

const isPlainSet = (right: Expression): boolean =>
  right.kind === 'set' &&
  right.elements.every(({ key, data, options }) => !data && !options && isValue(key));

export const valuesOf = ({ right }: MatchStatement): readonly Expression[] =>
  right.kind === 'set' ? right.elements.map(({ key }) => key) : [right];

function isJoined({ op, left, right }: MatchStatement): boolean {
  if (op !== 'implicit' && op !== '==') return false;
  return isSelector(left) && (isValue(right) || isPlainSet(right));
}

const PURE: ReadonlySet<Expression['kind']> = new Set([
  ...(['payload', 'payload raw', 'exthdr', 'tcp option', 'ip option', 'sctp chunk'] as const),
  ...(['dccp option', 'ct', 'fib', 'rt', 'socket', 'tunnel', 'ipsec', 'concat'] as const),
]);

/** Looking twice shows the same. */
function isPure(left: Expression): boolean {
  if (left.kind === 'meta') return left.key !== 'random';
  if (left.kind === 'binop') return isPure(left.left);
  if (left.kind === 'concat') return left.items.every(isPure);
  return PURE.has(left.kind);
}

/** Statements that do the same whether they stand in several rules or in one. */
const ACTIONS: ReadonlySet<Statement['kind']> = new Set([
  ...(['counter', 'log', 'reject', 'notrack'] as const),
  ...(['snat', 'dnat', 'masquerade', 'redirect'] as const),
]);

const isAction = (statement: Statement): boolean =>
  ACTIONS.has(statement.kind) &&
  !(statement.kind === 'counter' && (statement.packets !== 0 || statement.bytes !== 0));

/** Undefined for a rule that is left as it is. */
export function shapeOf(rule: Rule): Shape | undefined {
  const { statements } = rule;
  const end = statements.findIndex(({ kind }) => kind !== 'match');
  const matches = (end < 0 ? statements : statements.slice(0, end)) as readonly MatchStatement[];
  const rest = end < 0 ? [] : statements.slice(end);
  const last = rest.at(-1);
  const verdict = last?.kind === 'verdict' ? last : undefined;
  const actions = verdict === undefined ? rest : rest.slice(0, -1);
  const joined = matches.filter(isJoined);
  const kept = matches.filter((match) => !isJoined(match));
  if (joined.length === 0 || !actions.every(isAction)) return undefined;
  if (!kept.every(({ left }) => isPure(left))) return undefined;
  return { rule, joined, kept, actions, verdict };
}

const ENDS: ReadonlySet<string> = new Set(['accept', 'drop', 'return', 'goto']);
const ENDING_ACTIONS: ReadonlySet<string> = new Set([
  ...['reject', 'snat', 'dnat', 'masquerade', 'redirect'],
]);

/** Whether a packet that matched never comes to the next rule. */
export const isFinal = ({ verdict, actions }: Shape): boolean =>
  (verdict !== undefined && ENDS.has(verdict.verdict.verdict)) ||
  actions.some(({ kind }) => ENDING_ACTIONS.has(kind));

/** What is written, whatever stands where. */
export const written = (node: unknown): string =>
  JSON.stringify(node, (key, value) =>
    key === 'span' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  );
