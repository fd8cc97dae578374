/** What hooks ask of a packet by number. */
export {
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_IS_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  IP_CT_UNTRACKED,
  NF_BR_PRI_BRNF,
  NF_BR_PRI_FILTER_BRIDGED,
  NF_BR_PRI_FILTER_OTHER,
  NF_BR_PRI_NAT_DST_BRIDGED,
  NF_BR_PRI_NAT_DST_OTHER,
  NF_BR_PRI_NAT_SRC,
  NF_IP_PRI_CONNTRACK,
  NF_IP_PRI_CONNTRACK_CONFIRM,
  NF_IP_PRI_CONNTRACK_DEFRAG,
  NF_IP_PRI_CONNTRACK_HELPER,
  NF_IP_PRI_FILTER,
  NF_IP_PRI_FIRST,
  NF_IP_PRI_LAST,
  NF_IP_PRI_MANGLE,
  NF_IP_PRI_NAT_DST,
  NF_IP_PRI_NAT_SRC,
  NF_IP_PRI_RAW,
  NF_IP_PRI_RAW_BEFORE_DEFRAG,
  NF_IP_PRI_SECURITY,
  NF_IP_PRI_SELINUX_FIRST,
  NF_IP_PRI_SELINUX_LAST,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_LOOPBACK,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  PACKET_OUTGOING,
} from '../uapi/index.ts';
export * from './bridge-info.ts';
export * from './clock.ts';
export * from './connections.ts';
export * from './device.ts';
export * from './dissect.ts';
export * from './family.ts';
export type * from './fingerprint.ts';
export * from './hooks.ts';
export * from './netns.ts';
export * from './packet.ts';
export type * from './ports.ts';
export * from './random.ts';
export * from './segments.ts';
export * from './socket.ts';
export type * from './trace-events.ts';
export * from './verdict.ts';
