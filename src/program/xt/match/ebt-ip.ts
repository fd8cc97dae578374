import { object, optional } from '../../schema.ts';
import { net, range, test, u8, u16 } from '../checks.ts';
import type { XtNet, XtRange, XtShape, XtTest } from '../info.ts';

/** Ranges of type and code of ICMP or ICMPv6. */
export interface EbtIcmp {
  readonly type: XtRange;
  readonly code: XtRange;
}

/** struct ebt_ip_info and struct ebt_ip6_info; `tos` is the traffic class, `icmp` ICMPv6 there. */
export interface EbtIpInfo {
  readonly saddr?: XtTest<XtNet>;
  readonly daddr?: XtTest<XtNet>;
  readonly tos?: XtTest<number>;
  readonly protocol?: XtTest<number>;
  readonly sport?: XtTest<XtRange>;
  readonly dport?: XtTest<XtRange>;
  readonly icmp?: XtTest<EbtIcmp>;
  /** IPv4 only. */
  readonly igmp?: XtTest<XtRange>;
}

const address = optional(test(net));
const ports = optional(test(range(u16)));

const check = object<EbtIpInfo>({
  saddr: address,
  daddr: address,
  tos: optional(test(u8)),
  protocol: optional(test(u8)),
  sport: ports,
  dport: ports,
  icmp: optional(test(object<EbtIcmp>({ type: range(u8), code: range(u8) }))),
  igmp: optional(test(range(u8))),
});

export const EBT_IP_SHAPES: readonly XtShape[] = ['ip', 'ip6'].map((name) => ({ name, check }));
