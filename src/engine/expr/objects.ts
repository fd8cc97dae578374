// Bodies of named objects, by kind.

import type { Conntrack } from '../../conntrack/index.ts';
import { Nfproto, NS_PER_SECOND } from '../../core/index.ts';
import type { NamedObject, ObjectData } from '../../program/index.ts';
import { printExpr } from '../../program/index.ts';
import { IPPROTO_TCP } from '../../uapi/index.ts';
import { Refusal } from '../errno.ts';
import type { Env } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { ObjectBody } from '../state/objects.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { connlimitObject } from './connlimit.ts';
import { counterObject } from './counter.ts';
import { expectationObject } from './ct-expectation.ts';
import { timeoutPolicy } from './ct-timeout.ts';
import { limitObject } from './limit.ts';
import { quotaObject } from './quota.ts';
import { synproxyObject } from './synproxy.ts';

type DataOf<K extends ObjectData['kind']> = Extract<ObjectData, { kind: K }>;

/** The object's own answer to `nft list` where evaluation leaves no state. */
const stateless = (data: ObjectData, eval_: (pkt: PktInfo) => void): ObjectBody => ({
  eval: (_regs, pkt) => {
    eval_(pkt);
    return NFT_CONTINUE;
  },
  dump: () => data,
});

/** Objects that change a new connection of their own protocol, before it is confirmed. */
function fresh(
  pkt: PktInfo,
  ct: Conntrack | null,
  data: { readonly l4proto: number; readonly l3proto?: 'ip' | 'ip6' | 'inet' },
): number {
  const slot = pkt.packet.ct;
  if (ct === null || slot === 0 || ct.isTemplate(slot) || ct.isConfirmed(slot)) return 0;
  if (ct.l4proto(slot) !== data.l4proto) return 0;
  const { l3proto } = data;
  const family = l3proto === undefined || l3proto === 'inet' ? 0 : Nfproto[l3proto];
  return family === 0 || ct.l3proto(slot) === family ? slot : 0;
}

/** nft_ct_helper_obj_init(): known in one of the families; a namespace without any takes every name. */
function knowsHelper(data: DataOf<'ct helper'>, ct: Conntrack): boolean {
  const { helpers } = ct.store;
  const families = data.l3proto === 'ip' || data.l3proto === 'ip6' ? [data.l3proto] : BOTH;
  return (
    helpers.size === 0 ||
    families.some((family) => helpers.find(data.helper, Nfproto[family], data.l4proto) !== null)
  );
}
const BOTH = ['ip', 'ip6'] as const;

/** nft_ct_helper_obj_eval() */
function helperObject(data: DataOf<'ct helper'>, env: Env): ObjectBody {
  if (env.conntrack !== null && !knowsHelper(data, env.conntrack))
    throw new Refusal('ENOENT', `there is no helper '${data.helper}' for this protocol`);
  return stateless(data, (pkt) => {
    const ct = env.conntrack;
    const slot = fresh(pkt, ct, data);
    if (ct === null || slot === 0 || ct.helper(slot) !== '') return;
    // In an inet table the helper may be one of the other family only.
    const { helpers } = ct.store;
    const known = helpers.find(data.helper, ct.l3proto(slot), data.l4proto) !== null;
    if (known || helpers.size === 0) ct.setHelper(slot, data.helper);
  });
}

/** nft_ct_timeout_obj_eval(): in an inet table connections of either family take it. */
function timeoutObject(data: DataOf<'ct timeout'>, env: Env): ObjectBody {
  const seconds = timeoutPolicy(data.l4proto, data.policy);
  // values[0], what a new connection has: of TCP that is SYN_SENT.
  const first = seconds[data.l4proto === IPPROTO_TCP ? 1 : 0];
  const protocol = { l4proto: data.l4proto };
  return stateless(data, (pkt) => {
    const slot = fresh(pkt, env.conntrack, protocol);
    if (slot === 0) return;
    env.conntrack!.setTimeoutPolicy(slot, seconds);
    if (first !== undefined) env.conntrack!.store.refresh(slot, first * NS_PER_SECOND);
  });
}

const SECMARKS = 1;

/** nft_secmark_obj_eval(): contexts are numbers here, one per object, as a security module's ids. */
const secmarkObject = (data: DataOf<'secmark'>): ObjectBody => {
  let id = SECMARKS;
  for (let i = 0; i < data.context.length; i++)
    id = (Math.imul(id, 31) + data.context.charCodeAt(i)) >>> 0;
  return stateless(data, (pkt) => {
    pkt.packet.secmark = id;
  });
};

/** What the engine keeps and lists but cannot evaluate. */
function opaqueObject(object: NamedObject, env: Env): ObjectBody {
  const on = printExpr({
    kind: 'objref',
    ref: { type: object.data.kind, name: object.name },
  });
  return {
    eval: (_regs, pkt) => {
      const { packet } = pkt;
      packet.depends ??= [];
      if (!packet.depends.includes(on)) packet.depends.push(on);
      env.netns.emit(packet, { kind: 'depends', on });
      return NFT_BREAK;
    },
    dump: () => object.data,
  };
}

/** @throws Refusal for parameters the kernel refuses */
export function objectBody(object: NamedObject, env: Env): ObjectBody {
  const { data } = object;
  switch (data.kind) {
    case 'counter':
      return counterObject(data);
    case 'quota':
      return quotaObject(data);
    case 'limit':
      return limitObject(data, env);
    case 'connlimit':
      return connlimitObject(data, env);
    case 'ct helper':
      return helperObject(data, env);
    case 'ct timeout':
      return timeoutObject(data, env);
    case 'secmark':
      return secmarkObject(data);
    case 'ct expectation':
      return env.conntrack === null
        ? opaqueObject(object, env)
        : expectationObject(data, env.conntrack);
    case 'synproxy':
      return env.conntrack === null ? opaqueObject(object, env) : synproxyObject(data, env);
    case 'tunnel':
      return opaqueObject(object, env);
  }
}
