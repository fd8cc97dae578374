// Where the kernel takes an expression: each has the hooks at which what it needs is there, and
// the kernel refuses it elsewhere (the `validate` callbacks of net/netfilter/nft_*.c). Only base
// chains are looked at; a regular chain may be jumped to from anywhere.

import type { BaseHook, Expr, ExprKind, Family, HookName } from '../../program/index.ts';

/** undefined where the expression may stand; else why it may not. */
type Rule = (expr: never, base: BaseHook, family: Family) => string | undefined;

type Hooks = readonly HookName[];

const RECEIVING: Hooks = ['prerouting', 'input', 'forward'];
const SENDING: Hooks = ['forward', 'output', 'postrouting'];
const ROUTED: Hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'];

const isIp = (family: Family): boolean => family === 'ip' || family === 'ip6' || family === 'inet';

function at(what: string, hooks: Hooks, base: BaseHook): string | undefined {
  return hooks.includes(base.hook)
    ? undefined
    : `${what} works in ${hooks.join(', ')}, not in ${base.hook}`;
}

function ipAt(what: string, hooks: Hooks, base: BaseHook, family: Family): string | undefined {
  return isIp(family) ? at(what, hooks, base) : `${what} is for ip, ip6 and inet tables`;
}

function translation(what: string, hooks: Hooks, base: BaseHook): string | undefined {
  return base.type === 'nat' ? at(what, hooks, base) : `${what} needs a chain of type nat`;
}

/** A route lookup is made for what the packet has by then: no input device on the way out. */
function fib(expr: Extract<Expr, { kind: 'fib' }>, base: BaseHook, family: Family) {
  const { flags, result } = expr;
  if (family === 'netdev') {
    if (result !== 'type' || flags.includes('iif')) return at('fib', ['ingress'], base);
    return flags.includes('oif') ? at('fib', ['egress'], base) : undefined;
  }
  if (result !== 'type') return ipAt('fib oif', RECEIVING, base, family);
  if (flags.includes('iif')) return ipAt('fib with iif', RECEIVING, base, family);
  return ipAt('fib', flags.includes('oif') ? SENDING : ROUTED, base, family);
}

function reject(base: BaseHook, family: Family): string | undefined {
  if (family === 'netdev') return at('reject', ['ingress'], base);
  if (family === 'bridge') return at('reject', ['prerouting', 'input'], base);
  const hooks: Hooks = ['prerouting', 'input', 'forward', 'output'];
  return at('reject', family === 'inet' ? [...hooks, 'ingress'] : hooks, base);
}

function metaSet(key: string, base: BaseHook, family: Family): string | undefined {
  if (key === 'broute') {
    const here = family === 'bridge' && base.hook === 'prerouting';
    return here ? undefined : 'meta broute can be set in bridge prerouting only';
  }
  if (key !== 'pkttype') return undefined;
  return at('meta pkttype set', family === 'netdev' ? ['ingress'] : ['prerouting'], base);
}

const rulesByKind: Partial<Record<ExprKind, Rule>> = {
  nat: (expr: Extract<Expr, { kind: 'nat' }>, base: BaseHook) =>
    expr.type === 'dnat'
      ? translation('dnat', ['prerouting', 'output'], base)
      : translation('snat', ['postrouting', 'input'], base),
  masq: (_expr: Expr, base: BaseHook) => translation('masquerade', ['postrouting'], base),
  redir: (_expr: Expr, base: BaseHook) => translation('redirect', ['prerouting', 'output'], base),
  reject: (_expr: Expr, base: BaseHook, family: Family) => reject(base, family),
  fib,
  tproxy: (_expr: Expr, base: BaseHook, family: Family) =>
    ipAt('tproxy', ['prerouting'], base, family),
  synproxy: (_expr: Expr, base: BaseHook, family: Family) =>
    ipAt('synproxy', ['input', 'forward'], base, family),
  osf: (_expr: Expr, base: BaseHook, family: Family) => ipAt('osf', RECEIVING, base, family),
  socket: (_expr: Expr, base: BaseHook, family: Family) =>
    ipAt('socket', ['prerouting', 'input', 'output'], base, family),
  xfrm: (expr: Extract<Expr, { kind: 'xfrm' }>, base: BaseHook, family: Family) =>
    ipAt(`ipsec ${expr.dir}`, expr.dir === 'in' ? RECEIVING : SENDING, base, family),
  rt: (expr: Extract<Expr, { kind: 'rt' }>, base: BaseHook, family: Family) =>
    ipAt('rt', expr.key === 'tcpmss' ? SENDING : [...ROUTED, 'ingress'], base, family),
  flow_offload: (_expr: Expr, base: BaseHook, family: Family) =>
    ipAt('flow add', ['forward'], base, family),
  fwd: (_expr: Expr, base: BaseHook) => at('fwd', ['ingress', 'egress'], base),
  'meta-set': (expr: Extract<Expr, { kind: 'meta-set' }>, base: BaseHook, family: Family) =>
    metaSet(expr.key, base, family),
  meta: (expr: Extract<Expr, { kind: 'meta' }>, base: BaseHook) =>
    expr.key === 'secpath' ? at('meta ipsec', RECEIVING, base) : undefined,
};

/** A map, since most kinds have no rule: an object is slow to say so. */
const rules: ReadonlyMap<string, Rule> = new Map(Object.entries(rulesByKind));

/** Why the kernel would not take the expression in a base chain; undefined if it would. */
export function refusedAt(expr: Expr, base: BaseHook, family: Family): string | undefined {
  // TypeScript cannot relate a table to its own key union.
  const rule = rules.get(expr.kind) as
    | ((expr: Expr, base: BaseHook, family: Family) => string | undefined)
    | undefined;
  return rule?.(expr, base, family);
}
