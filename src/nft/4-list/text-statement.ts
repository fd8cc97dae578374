// Statements of the syntax tree as text, spelt as `nft list` spells them.

import {
  type DynsetOperation,
  type ElementExpression,
  type Expression,
  type LimitSpec,
  type LogStatement,
  type NatStatement,
  type RejectStatement,
  type Rule,
  type StatefulStatement,
  type Statement,
  type StatementHandlers,
  type SynproxySpec,
  visitStatement,
} from '../ast/index.ts';
import { printExpression, printMatch, type TextOptions } from './text-expression.ts';
import { printBytes, printTime } from './words.ts';

const words = (...parts: readonly (string | undefined | false)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');

export function printLimit(s: LimitSpec): string {
  const over = s.over ? 'over ' : '';
  if (s.unit === 'packets') {
    return `limit rate ${over}${s.rate}/${s.per} burst ${s.burst ?? 5} packets`;
  }
  const burst = s.burst === undefined || s.burst === 0 ? '' : ` burst ${printBytes(s.burst)}`;
  return `limit rate ${over}${printBytes(s.rate)}/${s.per}${burst}`;
}

/** `over 25 mbytes used 3 kbytes`: what follows the word quota, and stands in a quota object. */
export const printQuota = (
  s: Extract<StatefulStatement, { kind: 'quota' }>,
  o: TextOptions,
): string =>
  words(
    s.over && 'over',
    printBytes(s.bytes),
    o.stateless !== true && s.used !== 0 && `used ${printBytes(s.used)}`,
  );

export function printStateful(s: StatefulStatement, o: TextOptions): string {
  switch (s.kind) {
    case 'counter':
      return o.stateless === true ? 'counter' : `counter packets ${s.packets} bytes ${s.bytes}`;
    case 'quota':
      return `quota ${printQuota(s, o)}`;
    case 'limit':
      return printLimit(s);
    case 'ct count':
      return `ct count ${s.over ? 'over ' : ''}${s.count}`;
    case 'last':
      if (o.stateless === true) return 'last';
      return `last used ${s.used === undefined ? 'never' : printTime(s.used)}`;
  }
}

export const printSynproxy = (s: SynproxySpec): string =>
  words(
    'synproxy',
    s.mss !== undefined && `mss ${s.mss}`,
    s.wscale !== undefined && `wscale ${s.wscale}`,
    s.timestamp && 'timestamp',
    s.sackPerm && 'sack-perm',
  );

/** Two flags of TCP share one word: `flags tcp sequence,options`. */
function printLogFlags(flags: readonly string[]): string {
  if (flags.includes('all')) return 'flags all';
  const tcp = flags.filter((flag) => flag.startsWith('tcp ')).map((flag) => flag.slice(4));
  const rest = flags.filter((flag) => !flag.startsWith('tcp '));
  return words(
    tcp.length > 0 && `flags tcp ${tcp.join(',')}`,
    ...rest.map((flag) => `flags ${flag}`),
  );
}

const printLog = (s: LogStatement): string =>
  words(
    'log',
    s.prefix !== undefined && `prefix "${s.prefix}"`,
    s.group !== undefined && `group ${s.group}`,
    s.snaplen !== undefined && `snaplen ${s.snaplen}`,
    s.queueThreshold !== undefined && `queue-threshold ${s.queueThreshold}`,
    s.level !== undefined && `level ${s.level}`,
    printLogFlags(s.flags),
  );

const printReject = (s: RejectStatement, o: TextOptions): string =>
  words(
    'reject',
    s.type !== undefined && `with ${s.type}`,
    s.code !== undefined && printExpression(s.code, o),
  );

/** An IPv6 address before a port stands in brackets. */
function printAddress(addr: Expression, hasPort: boolean, o: TextOptions): string {
  const isIp6 = (e: Expression): boolean => e.kind === 'symbol' && e.name.includes(':');
  if (!hasPort) return printExpression(addr, o);
  if (addr.kind === 'range' && isIp6(addr.from)) {
    return `[${printExpression(addr.from, o)}]-[${printExpression(addr.to, o)}]`;
  }
  return isIp6(addr) ? `[${printExpression(addr, o)}]` : printExpression(addr, o);
}

interface Target {
  readonly addr?: Expression;
  readonly port?: Expression;
}

function printTarget(s: Target, o: TextOptions): string {
  const addr = s.addr === undefined ? '' : printAddress(s.addr, s.port !== undefined, o);
  return s.port === undefined ? addr : `${addr}:${printExpression(s.port, o)}`;
}

function printNat<K extends string>(s: NatStatement<K>, o: TextOptions): string {
  const hasTarget = s.addr !== undefined || s.port !== undefined;
  return words(
    s.kind,
    hasTarget && s.family,
    hasTarget && s.type === 'prefix' && 'prefix',
    hasTarget && 'to',
    hasTarget && printTarget(s, o),
    s.flags.join(','),
  );
}

interface Dynset {
  readonly op: DynsetOperation;
  readonly set: { readonly name: string };
  readonly elem: ElementExpression;
  readonly statements: readonly StatefulStatement[];
}

/** State that starts with each new element has none to show yet. */
const fresh = (o: TextOptions): TextOptions => ({ ...o, stateless: true });

function printDynset(s: Dynset, o: TextOptions, data?: ElementExpression): string {
  return words(
    `${s.op} @${s.set.name} {`,
    printExpression(s.elem, o),
    ...s.statements.map((inner) => printStateful(inner, fresh(o))),
    data !== undefined && `: ${printExpression(data, o)}`,
    '}',
  );
}

/** Objects whose reference reads as an assignment to the connection or packet. */
const SET_WORDS: Readonly<Record<string, string>> = {
  'ct helper': 'ct helper set',
  'ct timeout': 'ct timeout set',
  'ct expectation': 'ct expectation set',
  secmark: 'meta secmark set',
};

const handlers: StatementHandlers<TextOptions, string> = {
  verdict: (s, o) => printExpression(s.verdict, o),
  chain: (s, o) => {
    const rules = s.rules.map((rule) => `\t\t\t${printRule(rule, { ...o, handles: false })}\n`);
    return `${s.verdict} {\n${rules.join('')}\t\t}`;
  },
  vmap: (s, o) => `${printExpression(s.key, o)} vmap ${printExpression(s.mapping, o)}`,
  match: (s, o) => printMatch(s.op, s.left, s.right, o),
  counter: printStateful,
  quota: printStateful,
  limit: printStateful,
  'ct count': printStateful,
  last: printStateful,
  log: printLog,
  reject: printReject,
  snat: printNat,
  dnat: printNat,
  masquerade: printNat,
  redirect: printNat,
  tproxy: (s, o) => words('tproxy', s.family, 'to', printTarget(s, o)),
  synproxy: printSynproxy,
  queue: (s, o) =>
    words(
      'queue',
      s.flags.length > 0 && `flags ${s.flags.join(',')}`,
      `to ${s.num === undefined ? 0 : printExpression(s.num, o)}`,
    ),
  dup: (s, o) =>
    words(
      `dup to ${printExpression(s.addr, o)}`,
      s.dev !== undefined && `device ${printExpression(s.dev, o)}`,
    ),
  fwd: (s, o) =>
    s.addr === undefined
      ? `fwd to ${printExpression(s.dev, o)}`
      : words('fwd', s.family, `to ${printExpression(s.addr, o)}`, 'device') +
        ` ${printExpression(s.dev, o)}`,
  notrack: () => 'notrack',
  mangle: (s, o) => {
    // `meta` is never left out before `set`: `mark set 1` alone would not say whose mark.
    const key = s.key.kind === 'meta' ? `meta ${s.key.key}` : printExpression(s.key, o);
    return `${key} set ${printExpression(s.value, o)}`;
  },
  reset: (s, o) => `reset ${printExpression(s.option, o)}`,
  set: (s, o) => printDynset(s, o),
  map: (s, o) => printDynset(s, o, s.data),
  meter: (s, o) =>
    words(
      `meter ${s.name.name}`,
      s.size !== undefined && `size ${s.size}`,
      `{ ${printExpression(s.key, o)} ${printStatement(s.statement, fresh(o))} }`,
    ),
  flow: (s) => `flow add @${s.flowtable.name}`,
  objref: (s, o) => `${SET_WORDS[s.object] ?? `${s.object} name`} ${printExpression(s.name, o)}`,
  // An empty type marks text kept as it was written.
  xt: (s) => (s.type === '' ? s.name : `xt ${s.type} "${s.name}"`),
};

export const printStatement = (statement: Statement, options: TextOptions = {}): string =>
  visitStatement(handlers, statement, options);

/** A rule on one line (an anonymous chain makes it several). */
export const printRule = (rule: Rule, o: TextOptions = {}): string =>
  words(
    ...rule.statements.map((statement) => printStatement(statement, o)),
    rule.comment !== undefined && `comment "${rule.comment}"`,
    o.handles === true && rule.handle !== undefined && `# handle ${rule.handle}`,
  );
