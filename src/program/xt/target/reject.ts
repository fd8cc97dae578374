import { object, oneOf } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** enum ipt_reject_with and enum ip6t_reject_with in the words of iptables. */
export const REJECT_WITH = [
  'icmp-net-unreachable',
  'icmp-host-unreachable',
  'icmp-proto-unreachable',
  'icmp-port-unreachable',
  'icmp-net-prohibited',
  'icmp-host-prohibited',
  'icmp-admin-prohibited',
  'icmp6-no-route',
  'icmp6-adm-prohibited',
  'icmp6-addr-unreachable',
  'icmp6-port-unreachable',
  'icmp6-policy-fail',
  'icmp6-reject-route',
  'tcp-reset',
] as const;
export type RejectWith = (typeof REJECT_WITH)[number];

/** struct ipt_reject_info, struct ip6t_reject_info. */
export interface RejectInfo {
  readonly with: RejectWith;
}

export const rejectShape: XtShape = {
  name: 'REJECT',
  check: object<RejectInfo>({ with: oneOf(...REJECT_WITH) }),
};
