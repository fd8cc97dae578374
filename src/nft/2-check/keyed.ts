// Keys of connections and routes, whose addresses are of the IP version the rule is about.

import type { Span } from '../ast/index.ts';
import { protocolConflict } from '../diagnostics/index.ts';
import { inetServiceType, ip6addrType, ipaddrType, RT_KEYS } from '../types/index.ts';
import { activeContext, expectLike, type RuleContext } from './context.ts';
import { refuse, refuseWith } from './refuse.ts';
import type { CtX, RtX, Typed } from './typed.ts';

function refuseRt(x: RtX): never {
  return refuse('ambiguous_address', x.span, 'cannot determine ip protocol version', {
    hint: 'use "ip nexthop" or "ip6 nexthop" instead',
  });
}

/** The next hop is an address of the IP version the rule is about. */
export function evaluateRt(cx: RuleContext, x: RtX): Typed {
  if (x.nexthop) {
    const context = activeContext(cx);
    const known = context.layers.nh.desc?.name;
    const version = x.family ?? (known === 'ip' || known === 'ip6' ? known : refuseRt(x));
    const key = RT_KEYS.get(version === 'ip6' ? 'nexthop6' : 'nexthop4') ?? x.key;
    const other = version === 'ip' ? 'ip6' : 'ip';
    if (context.family === other) {
      refuse('protocol_conflict', x.span, `${version} nexthop will not match`);
    }
    Object.assign(x, { key, type: key.type, len: key.len });
  }
  expectLike(cx, x);
  return x;
}

/** `ct original saddr`: the family of the addresses is that of the rule, or of the key. */
function dependOnCtFamily(cx: RuleContext, x: CtX): void {
  const context = activeContext(cx);
  const known = context.layers.nh.desc;
  if (known?.name !== 'ip' && known?.name !== 'ip6') {
    const word = x.key.name === 'saddr' ? 'saddr' : 'daddr';
    refuse('ambiguous_address', x.span, 'cannot determine ip protocol version', {
      hint: `use "ip ${word}" or "ip6 ${word}" instead`,
    });
  }
  x.nfproto = known.name;
  x.type = known.name === 'ip' ? ipaddrType : ip6addrType;
  x.len = x.type.size;
}

/** Connection tracking sees IP packets only, on a bridge too. */
export function refuseWithoutConntrack(cx: RuleContext, span: Span): void {
  const { family } = cx;
  if (family !== 'arp' && family !== 'netdev') return;
  refuse('wrong_family', span, `connection tracking does not see packets of the ${family} family`);
}

export function evaluateCt(cx: RuleContext, x: CtX): Typed {
  refuseWithoutConntrack(cx, x.span);
  const known = activeContext(cx).layers.nh.desc?.name;
  const { name } = x.key;
  if (name === 'event') refuse('write_only', x.span, 'ct event can be set but not matched');
  if (name === 'saddr' || name === 'daddr') dependOnCtFamily(cx, x);
  const wrong = known === 'ip6' ? 'ip ' : known === 'ip' ? 'ip6 ' : undefined;
  if (wrong !== undefined && name.startsWith(wrong)) {
    refuseWith(protocolConflict(x.span, wrong.trim(), known ?? ''));
  }
  if (name.startsWith('proto-')) x.type = inetServiceType;
  expectLike(cx, x);
  return x;
}
