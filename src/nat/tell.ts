// What tracers are told of translations.

import {
  addressText,
  dstPortOf,
  l4Of,
  srcPortOf,
  T_DST,
  T_PORTS,
  T_SRC,
  type Tuple,
} from '../conntrack/index.ts';
import type { Netns, Packet } from '../core/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../uapi/index.ts';
import { type Manip, NF_NAT_MANIP_SRC } from './range.ts';

/** A connection is bound to other addresses, or a packet of one is given them. */
export function tellNat(
  netns: Netns,
  packet: Packet,
  { manip, action }: { readonly manip: Manip; readonly action: 'bind' | 'translate' },
  from: Tuple,
  to: Tuple,
): void {
  netns.emit(packet, {
    kind: 'nat',
    manip: manip === NF_NAT_MANIP_SRC ? 'src' : 'dst',
    action,
    from: endText(from, manip),
    to: endText(to, manip),
  });
}

/** One end of a tuple, `10.0.0.2:40000` or `[2001:db8::1]:443`; the identifier of ICMP stands as port. */
function endText(tuple: Tuple, manip: Manip): string {
  const source = manip === NF_NAT_MANIP_SRC;
  const address = addressText(tuple, source ? T_SRC : T_DST);
  const l4 = l4Of(tuple);
  // The identifier stands with the source; of ICMP the destination has type and code.
  const isIcmp = l4 === IPPROTO_ICMP || l4 === IPPROTO_ICMPV6;
  if (!isIcmp && tuple[T_PORTS] === 0) return address;
  const port = source || isIcmp ? srcPortOf(tuple) : dstPortOf(tuple);
  const bracketed = address.includes(':') ? `[${address}]` : address;
  return `${bracketed}:${port}`;
}
