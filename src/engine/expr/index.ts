// Every expression's prepare function, by kind; a kind without one does not compile.

import type { Expr, ExprKind } from '../../program/index.ts';
import type { Op, Prepare } from '../op.ts';
import { prepareMatch, prepareTarget } from '../xt/index.ts';
import { prepareBitwise } from './bitwise.ts';
import { prepareByteorder } from './byteorder.ts';
import { prepareCmp } from './cmp.ts';
import { prepareConnlimit } from './connlimit.ts';
import { prepareCounter } from './counter.ts';
import { prepareCt } from './ct.ts';
import { prepareCtSet } from './ct-set.ts';
import { prepareDup, prepareFwd } from './dup.ts';
import { prepareDynset } from './dynset.ts';
import { prepareExthdr } from './exthdr.ts';
import { prepareExthdrReset, prepareExthdrWrite } from './exthdr-write.ts';
import { prepareFib } from './fib.ts';
import { prepareFlowOffload } from './flow-offload.ts';
import { prepareHash } from './hash.ts';
import { prepareImmediate } from './immediate.ts';
import { prepareInner } from './inner.ts';
import { prepareLast } from './last.ts';
import { prepareLimit } from './limit.ts';
import { prepareLog } from './log.ts';
import { prepareLookup } from './lookup.ts';
import { prepareMeta } from './meta.ts';
import { prepareMetaSet } from './meta-set.ts';
import { prepareMasq, prepareNat, prepareRedir } from './nat.ts';
import { prepareNotrack } from './notrack.ts';
import { prepareNumgen } from './numgen.ts';
import { prepareObjref } from './objref.ts';
import { Opaque } from './opaque.ts';
import { prepareOsf } from './osf.ts';
import { preparePayload } from './payload.ts';
import { preparePayloadWrite } from './payload-write.ts';
import { prepareQueue } from './queue.ts';
import { prepareQuota } from './quota.ts';
import { prepareRange } from './range.ts';
import { prepareReject } from './reject.ts';
import { prepareRt } from './rt.ts';
import { prepareSocket } from './socket.ts';
import { prepareSynproxy } from './synproxy.ts';
import { prepareTproxy } from './tproxy.ts';
import { prepareTunnel } from './tunnel.ts';
import { prepareXfrm } from './xfrm.ts';

type ExprOf<K extends ExprKind> = Extract<Expr, { kind: K }>;
type Preparers = { readonly [K in ExprKind]: (expr: ExprOf<K>, cx: Prepare) => Op };

const PREPARERS: Preparers = {
  immediate: prepareImmediate,
  payload: preparePayload,
  'payload-write': preparePayloadWrite,
  cmp: prepareCmp,
  range: prepareRange,
  bitwise: prepareBitwise,
  byteorder: prepareByteorder,
  meta: prepareMeta,
  'meta-set': prepareMetaSet,
  ct: prepareCt,
  'ct-set': prepareCtSet,
  lookup: prepareLookup,
  dynset: prepareDynset,
  counter: prepareCounter,
  limit: prepareLimit,
  quota: prepareQuota,
  connlimit: prepareConnlimit,
  last: prepareLast,
  log: prepareLog,
  reject: prepareReject,
  nat: prepareNat,
  masq: prepareMasq,
  redir: prepareRedir,
  tproxy: prepareTproxy,
  synproxy: prepareSynproxy,
  queue: prepareQueue,
  dup: prepareDup,
  fwd: prepareFwd,
  notrack: prepareNotrack,
  exthdr: prepareExthdr,
  'exthdr-write': prepareExthdrWrite,
  'exthdr-reset': prepareExthdrReset,
  fib: prepareFib,
  rt: prepareRt,
  socket: prepareSocket,
  osf: prepareOsf,
  xfrm: prepareXfrm,
  tunnel: prepareTunnel,
  numgen: prepareNumgen,
  hash: prepareHash,
  objref: prepareObjref,
  flow_offload: prepareFlowOffload,
  inner: prepareInner,
  match: prepareMatch,
  target: prepareTarget,
  opaque: (expr) => new Opaque(expr, expr.reason),
};

/** Turns an expression into its op. @throws Refusal as the kernel's init functions refuse */
export function prepareExpr<K extends ExprKind>(expr: ExprOf<K>, cx: Prepare): Op {
  const prepare: (expr: ExprOf<K>, cx: Prepare) => Op = PREPARERS[expr.kind as K];
  return prepare(expr, cx);
}
