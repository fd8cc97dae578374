// Names for numbers: the symbol tables of nft's datatypes, as the headers they come from define
// them. Where two names share a value, the first is the one nft prints.

/** Names in the order nft looks them up, both ways. */
export interface SymbolTable {
  readonly names: readonly (readonly [name: string, value: number])[];
  /** Radix `nft describe` shows the values in. */
  readonly radix: 10 | 16;
}

const decimal = (names: SymbolTable['names']): SymbolTable => ({ names, radix: 10 });
const hex = (names: SymbolTable['names']): SymbolTable => ({ names, radix: 16 });

export function symbolValue(table: SymbolTable, name: string): number | undefined {
  for (const [symbol, value] of table.names) if (symbol === name) return value;
  return undefined;
}

export function symbolName(table: SymbolTable, value: number): string | undefined {
  for (const [symbol, known] of table.names) if (known === value) return symbol;
  return undefined;
}

/** include/uapi/linux/netfilter.h: NFPROTO_*. */
export const NFPROTO = decimal([
  ['ipv4', 2],
  ['ipv6', 10],
]);

export const BOOLEAN = decimal([
  ['exists', 1],
  ['missing', 0],
]);

/** include/uapi/linux/if_ether.h: ETH_P_*. `vlan` is what older versions called 8021q. */
export const ETHER_TYPE = hex([
  ['ip', 0x0800],
  ['arp', 0x0806],
  ['ip6', 0x86dd],
  ['8021q', 0x8100],
  ['8021ad', 0x88a8],
  ['vlan', 0x8100],
]);

/** include/uapi/linux/if_arp.h: ARPOP_*. */
export const ARP_OP = hex([
  ['request', 1],
  ['reply', 2],
  ['rrequest', 3],
  ['rreply', 4],
  ['inrequest', 8],
  ['inreply', 9],
  ['nak', 10],
]);

/** RFC 792 and the IANA registry of ICMP types. */
export const ICMP_TYPE = decimal([
  ['echo-reply', 0],
  ['destination-unreachable', 3],
  ['source-quench', 4],
  ['redirect', 5],
  ['echo-request', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded', 11],
  ['parameter-problem', 12],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
  ['info-request', 15],
  ['info-reply', 16],
  ['address-mask-request', 17],
  ['address-mask-reply', 18],
]);

/** Codes of ICMP destination unreachable (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1). */
export const ICMP_CODE = decimal([
  ['net-unreachable', 0],
  ['host-unreachable', 1],
  ['prot-unreachable', 2],
  ['port-unreachable', 3],
  ['net-prohibited', 9],
  ['host-prohibited', 10],
  ['admin-prohibited', 13],
  ['frag-needed', 4],
]);

/** RFC 4443, RFC 4861, RFC 2710, RFC 3810. */
export const ICMPV6_TYPE = decimal([
  ['destination-unreachable', 1],
  ['packet-too-big', 2],
  ['time-exceeded', 3],
  ['parameter-problem', 4],
  ['echo-request', 128],
  ['echo-reply', 129],
  ['mld-listener-query', 130],
  ['mld-listener-report', 131],
  ['mld-listener-done', 132],
  ['mld-listener-reduction', 132],
  ['nd-router-solicit', 133],
  ['nd-router-advert', 134],
  ['nd-neighbor-solicit', 135],
  ['nd-neighbor-advert', 136],
  ['nd-redirect', 137],
  ['router-renumbering', 138],
  ['ind-neighbor-solicit', 141],
  ['ind-neighbor-advert', 142],
  ['mld2-listener-report', 143],
]);

/** Codes of ICMPv6 destination unreachable (RFC 4443 §3.1). */
export const ICMPV6_CODE = decimal([
  ['no-route', 0],
  ['admin-prohibited', 1],
  ['addr-unreachable', 3],
  ['port-unreachable', 4],
  ['policy-fail', 5],
  ['reject-route', 6],
]);

/** include/uapi/linux/netfilter/nf_tables.h: enum nft_reject_inet_code. */
export const ICMPX_CODE = decimal([
  ['port-unreachable', 1],
  ['admin-prohibited', 3],
  ['no-route', 0],
  ['host-unreachable', 2],
]);

/** RFC 1112, RFC 2236, RFC 3376. */
export const IGMP_TYPE = decimal([
  ['membership-query', 0x11],
  ['membership-report-v1', 0x12],
  ['membership-report-v2', 0x16],
  ['membership-report-v3', 0x22],
  ['leave-group', 0x17],
]);

/** RFC 9293 §3.1, RFC 3168 §6.1. */
export const TCP_FLAG = hex([
  ['fin', 0x01],
  ['syn', 0x02],
  ['rst', 0x04],
  ['psh', 0x08],
  ['ack', 0x10],
  ['urg', 0x20],
  ['ecn', 0x40],
  ['cwr', 0x80],
]);

/** RFC 4340 §5.1. */
export const DCCP_PKTTYPE = hex([
  ['request', 0],
  ['response', 1],
  ['data', 2],
  ['ack', 3],
  ['dataack', 4],
  ['closereq', 5],
  ['close', 6],
  ['reset', 7],
  ['sync', 8],
  ['syncack', 9],
]);

/** The IANA registry of Mobility Header types (RFC 6275 §6.1). */
export const MH_TYPE = decimal([
  ['binding-refresh-request', 0],
  ['home-test-init', 1],
  ['careof-test-init', 2],
  ['home-test', 3],
  ['careof-test', 4],
  ['binding-update', 5],
  ['binding-acknowledgement', 6],
  ['binding-error', 7],
  ['fast-binding-update', 8],
  ['fast-binding-acknowledgement', 9],
  ['fast-binding-advertisement', 10],
  ['experimental-mobility-header', 11],
  ['home-agent-switch-message', 12],
]);

/** RFC 8684 §3. */
export const MPTCP_SUBTYPE = decimal([
  ['mp-capable', 0],
  ['mp-join', 1],
  ['dss', 2],
  ['add-addr', 3],
  ['remove-addr', 4],
  ['mp-prio', 5],
  ['mp-fail', 6],
  ['mp-fastclose', 7],
  ['mp-tcprst', 8],
]);

/** RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622. */
export const DSCP = hex([
  ['cs0', 0x00],
  ['cs1', 0x08],
  ['cs2', 0x10],
  ['cs3', 0x18],
  ['cs4', 0x20],
  ['cs5', 0x28],
  ['cs6', 0x30],
  ['cs7', 0x38],
  ['df', 0x00],
  ['be', 0x00],
  ['lephb', 0x01],
  ['af11', 0x0a],
  ['af12', 0x0c],
  ['af13', 0x0e],
  ['af21', 0x12],
  ['af22', 0x14],
  ['af23', 0x16],
  ['af31', 0x1a],
  ['af32', 0x1c],
  ['af33', 0x1e],
  ['af41', 0x22],
  ['af42', 0x24],
  ['af43', 0x26],
  ['va', 0x2c],
  ['ef', 0x2e],
]);

/** RFC 3168 §5. */
export const ECN = hex([
  ['not-ect', 0],
  ['ect1', 1],
  ['ect0', 2],
  ['ce', 3],
]);

/** include/uapi/linux/if_packet.h: PACKET_*. */
export const PKTTYPE = decimal([
  ['host', 0],
  ['unicast', 0],
  ['broadcast', 1],
  ['multicast', 2],
  ['other', 3],
]);

/** include/uapi/linux/if_arp.h: ARPHRD_*. */
export const ARPHRD = hex([
  ['ether', 1],
  ['ppp', 512],
  ['ipip', 768],
  ['ipip6', 769],
  ['loopback', 772],
  ['sit', 776],
  ['ipgre', 778],
]);

/** include/uapi/linux/netfilter/nf_conntrack_common.h: NF_CT_STATE_*. */
export const CT_STATE = hex([
  ['invalid', 1],
  ['new', 8],
  ['established', 2],
  ['related', 4],
  ['untracked', 64],
]);

export const CT_DIR = decimal([
  ['original', 0],
  ['reply', 1],
]);

/** enum ip_conntrack_status. */
export const CT_STATUS = hex([
  ['expected', 1 << 0],
  ['seen-reply', 1 << 1],
  ['assured', 1 << 2],
  ['confirmed', 1 << 3],
  ['snat', 1 << 4],
  ['dnat', 1 << 5],
  ['dying', 1 << 9],
]);

/** enum ip_conntrack_events, as bits. */
export const CT_EVENT = hex([
  ['new', 1 << 0],
  ['related', 1 << 1],
  ['destroy', 1 << 2],
  ['reply', 1 << 3],
  ['assured', 1 << 4],
  ['protoinfo', 1 << 5],
  ['helper', 1 << 6],
  ['mark', 1 << 7],
  ['seqadj', 1 << 8],
  ['secmark', 1 << 9],
  ['label', 1 << 10],
]);

/** include/uapi/linux/rtnetlink.h: RTN_*. */
export const FIB_ADDRTYPE = decimal([
  ['unspec', 0],
  ['unicast', 1],
  ['local', 2],
  ['broadcast', 3],
  ['anycast', 4],
  ['multicast', 5],
  ['blackhole', 6],
  ['unreachable', 7],
  ['prohibit', 8],
]);

/** Sunday is 0, as in struct tm. */
export const DAY = decimal([
  ['Sunday', 0],
  ['Monday', 1],
  ['Tuesday', 2],
  ['Wednesday', 3],
  ['Thursday', 4],
  ['Friday', 5],
  ['Saturday', 6],
]);

/** include/uapi/linux/pkt_sched.h: TC_H_ROOT, TC_H_UNSPEC. */
export const TC_HANDLE = hex([
  ['root', 0xffffffff],
  ['none', 0],
]);

/** What `log level` takes (syslog(3), and audit). */
export const LOG_LEVEL = decimal([
  ['emerg', 0],
  ['alert', 1],
  ['crit', 2],
  ['err', 3],
  ['warn', 4],
  ['notice', 5],
  ['info', 6],
  ['debug', 7],
  ['audit', 8],
]);

/** include/uapi/linux/netfilter/nf_log.h: NF_LOG_*. */
export const LOG_FLAG = hex([
  ['tcp sequence', 0x01],
  ['tcp options', 0x02],
  ['ip options', 0x04],
  ['skuid', 0x08],
  ['ether', 0x20],
  ['all', 0x2f],
]);
