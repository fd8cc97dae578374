// Protocol families and hook points with the kernel's numbers: NFPROTO_* and enum nf_inet_hooks
// (include/uapi/linux/netfilter.h), nf_ip_hook_priorities (netfilter_ipv4.h) and its siblings.

/** NFPROTO_*, include/uapi/linux/netfilter.h. */
export const Nfproto = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 } as const;
export type FamilyName = keyof typeof Nfproto;
/** Families a packet walks through; `inet` is registered in `ip` and `ip6`. */
export type PacketFamily = 'ip' | 'ip6' | 'arp' | 'bridge' | 'netdev';

/** enum nf_inet_hooks; arp and bridge use the same names here, netdev has ingress and egress. */
export const Hook = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
  ingress: 5,
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

/** enum nf_ip_hook_priorities; the same values hold for ip6. */
export const NF_IP_PRI_FIRST = -0x80000000;
export const NF_IP_PRI_RAW_BEFORE_DEFRAG = -450;
export const NF_IP_PRI_CONNTRACK_DEFRAG = -400;
export const NF_IP_PRI_RAW = -300;
export const NF_IP_PRI_SELINUX_FIRST = -225;
export const NF_IP_PRI_CONNTRACK = -200;
export const NF_IP_PRI_MANGLE = -150;
export const NF_IP_PRI_NAT_DST = -100;
export const NF_IP_PRI_FILTER = 0;
export const NF_IP_PRI_SECURITY = 50;
export const NF_IP_PRI_NAT_SRC = 100;
export const NF_IP_PRI_SELINUX_LAST = 225;
export const NF_IP_PRI_CONNTRACK_HELPER = 300;
export const NF_IP_PRI_CONNTRACK_CONFIRM = 0x7fffffff;
export const NF_IP_PRI_LAST = 0x7fffffff;

/** enum nf_br_hook_priorities, include/uapi/linux/netfilter_bridge.h. */
export const NF_BR_PRI_NAT_DST_BRIDGED = -300;
export const NF_BR_PRI_FILTER_BRIDGED = -200;
export const NF_BR_PRI_BRNF = 0;
export const NF_BR_PRI_NAT_DST_OTHER = 100;
export const NF_BR_PRI_FILTER_OTHER = 200;
export const NF_BR_PRI_NAT_SRC = 300;
