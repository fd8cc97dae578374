// Protocol families and hook points, by the names rulesets give them.

import {
  NF_INET_FORWARD,
  NF_INET_INGRESS,
  NF_INET_LOCAL_IN,
  NF_INET_LOCAL_OUT,
  NF_INET_POST_ROUTING,
  NF_INET_PRE_ROUTING,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
} from '../uapi/index.ts';

/** Families by the names rulesets give them. */
export const Nfproto = {
  inet: NFPROTO_INET,
  ip: NFPROTO_IPV4,
  arp: NFPROTO_ARP,
  netdev: NFPROTO_NETDEV,
  bridge: NFPROTO_BRIDGE,
  ip6: NFPROTO_IPV6,
} as const;
export type FamilyName = keyof typeof Nfproto;
/** Families a packet walks through; `inet` is registered in `ip` and `ip6`. */
export type PacketFamily = 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';

/** enum nf_inet_hooks; arp and bridge use the same names here, netdev has ingress and egress. */
export const Hook = {
  prerouting: NF_INET_PRE_ROUTING,
  input: NF_INET_LOCAL_IN,
  forward: NF_INET_FORWARD,
  output: NF_INET_LOCAL_OUT,
  postrouting: NF_INET_POST_ROUTING,
  ingress: NF_INET_INGRESS,
  egress: 6,
} as const;
export type HookName = keyof typeof Hook;

/** Hooks that exist in each family, in the order a packet may meet them. */
export const HOOKS_OF: Readonly<Record<PacketFamily, readonly HookName[]>> = {
  ip: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  ip6: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  // enum nf_arp_hooks has IN, OUT and FORWARD; only the first two are ever reached.
  arp: ['input', 'output', 'forward'],
  bridge: ['prerouting', 'input', 'forward', 'output', 'postrouting'],
  netdev: ['ingress', 'egress'],
};
