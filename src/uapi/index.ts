/** The kernel's numbers, named as in its headers. */
export * from './dccp.ts';
export * from './dlt.ts';
export * from './gre.ts';
export * from './icmp.ts';
export * from './icmpv6.ts';
export * from './if_arp.ts';
export * from './if_ether.ts';
export * from './igmp.ts';
export * from './in.ts';
export * from './ip.ts';
export * from './ipv6.ts';
export * from './netlink.ts';
export * from './nf_tables.ts';
export * from './nf_tables_expr.ts';
export * from './sctp.ts';
export * from './tcp.ts';
