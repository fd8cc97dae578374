// The sysctls of connection tracking with the kernel's defaults (nf_conntrack_standalone.c and the
// protocol trackers). They are read from the namespace each time, so that a change holds at once.

import type { Netns } from '../core/index.ts';
import { NS_PER_SECOND } from '../core/index.ts';

const PREFIX = 'net.netfilter.nf_conntrack_';

/** A sysctl: its full name and its value where nobody set it. */
export interface Sysctl {
  readonly name: string;
  readonly fallback: number;
}

const sysctl = (name: string, fallback: number): Sysctl => ({ name: PREFIX + name, fallback });

export const CHECKSUM = sysctl('checksum', 1);
export const ACCT = sysctl('acct', 0);
export const TIMESTAMP = sysctl('timestamp', 0);
/** 0 off, 1 on, 2 while somebody listens. */
export const EVENTS = sysctl('events', 2);
export const MAX = sysctl('max', 262144);
export const EXPECT_MAX = sysctl('expect_max', 4096);
/** Chains of the hash table; it is what early drop looks through. */
export const BUCKETS = sysctl('buckets', 262144);
/** A protocol number, or 255 for all; each invalid packet of it is logged. */
export const LOG_INVALID = sysctl('log_invalid', 0);

export const TCP_BE_LIBERAL = sysctl('tcp_be_liberal', 0);
export const TCP_LOOSE = sysctl('tcp_loose', 1);
export const TCP_MAX_RETRANS = sysctl('tcp_max_retrans', 3);
export const TCP_IGNORE_INVALID_RST = sysctl('tcp_ignore_invalid_rst', 0);

/** Positions in TCP_TIMEOUTS behind the states, enum ctattr_timeout_tcp's order. */
export const TCP_TIMEOUT_RETRANS = 10;
export const TCP_TIMEOUT_UNACK = 11;

/** Seconds by TCP state. Only a timeout policy can change that of SYN_SENT2. */
export const TCP_TIMEOUTS: readonly Sysctl[] = [
  sysctl('tcp_timeout_syn_sent', 120),
  sysctl('tcp_timeout_syn_sent', 120),
  sysctl('tcp_timeout_syn_recv', 60),
  sysctl('tcp_timeout_established', 432000),
  sysctl('tcp_timeout_fin_wait', 120),
  sysctl('tcp_timeout_close_wait', 60),
  sysctl('tcp_timeout_last_ack', 30),
  sysctl('tcp_timeout_time_wait', 120),
  sysctl('tcp_timeout_close', 10),
  // No file under /proc/sys.
  { name: '', fallback: 120 },
  sysctl('tcp_timeout_max_retrans', 300),
  sysctl('tcp_timeout_unacknowledged', 300),
];

/** UDP and UDP-Lite: unreplied, replied. */
export const UDP_TIMEOUTS: readonly Sysctl[] = [
  sysctl('udp_timeout', 30),
  sysctl('udp_timeout_stream', 120),
];
/** GRE: unreplied, replied. */
export const GRE_TIMEOUTS: readonly Sysctl[] = [
  sysctl('gre_timeout', 30),
  sysctl('gre_timeout_stream', 180),
];
export const ICMP_TIMEOUTS: readonly Sysctl[] = [sysctl('icmp_timeout', 30)];
export const ICMPV6_TIMEOUTS: readonly Sysctl[] = [sysctl('icmpv6_timeout', 30)];
export const GENERIC_TIMEOUTS: readonly Sysctl[] = [sysctl('generic_timeout', 600)];

/** Seconds by SCTP state, enum sctp_conntrack. */
export const SCTP_TIMEOUTS: readonly Sysctl[] = [
  sysctl('sctp_timeout_closed', 10),
  sysctl('sctp_timeout_closed', 10),
  sysctl('sctp_timeout_cookie_wait', 3),
  sysctl('sctp_timeout_cookie_echoed', 3),
  sysctl('sctp_timeout_established', 210),
  sysctl('sctp_timeout_shutdown_sent', 3),
  sysctl('sctp_timeout_shutdown_recd', 3),
  sysctl('sctp_timeout_shutdown_ack_sent', 3),
  sysctl('sctp_timeout_heartbeat_sent', 30),
];

/** nf_flowtable_tcp_timeout and its sibling: how long a flow table keeps a silent connection. */
export const FLOWTABLE_TCP_TIMEOUT: Sysctl = {
  name: 'net.netfilter.nf_flowtable_tcp_timeout',
  fallback: 30,
};
export const FLOWTABLE_UDP_TIMEOUT: Sysctl = {
  name: 'net.netfilter.nf_flowtable_udp_timeout',
  fallback: 30,
};

/** What another room reads by its name, or what only tells how large the kernel's table is. */
const ELSEWHERE: readonly Sysctl[] = [
  BUCKETS,
  sysctl('frag6_timeout', 60),
  sysctl('frag6_high_thresh', 4 * 1024 * 1024),
  sysctl('frag6_low_thresh', 3 * 1024 * 1024),
];

/** Every sysctl of connection tracking by its full name, with the kernel's default. */
export const CONNTRACK_SYSCTLS: ReadonlyMap<string, number> = new Map(
  [
    [CHECKSUM, ACCT, TIMESTAMP, EVENTS, MAX, EXPECT_MAX, LOG_INVALID],
    [TCP_BE_LIBERAL, TCP_LOOSE, TCP_MAX_RETRANS, TCP_IGNORE_INVALID_RST],
    [TCP_TIMEOUTS, UDP_TIMEOUTS, GRE_TIMEOUTS, ICMP_TIMEOUTS, ICMPV6_TIMEOUTS].flat(),
    [GENERIC_TIMEOUTS, SCTP_TIMEOUTS, ELSEWHERE].flat(),
  ]
    .flat()
    .filter(({ name }) => name !== '')
    .map(({ name, fallback }) => [name, fallback]),
);

export const sysctlOf = (netns: Netns, key: Sysctl): number =>
  netns.sysctl.get(key.name) ?? key.fallback;

/** A timeout in nanoseconds. */
export const timeoutOf = (netns: Netns, key: Sysctl): number =>
  sysctlOf(netns, key) * NS_PER_SECOND;
