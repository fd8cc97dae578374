/*
 * The words of the notation and their numbers: as nft(8) names them where it does, and what people
 * write beside.
 */

export type NumberWords = Readonly<Record<string, number>>;

export const SERVICES: NumberWords = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  dns: 53,
  bootps: 67,
  bootpc: 68,
  tftp: 69,
  http: 80,
  ntp: 123,
  snmp: 161,
  bgp: 179,
  ldap: 389,
  https: 443,
  syslog: 514,
  imaps: 993,
  pptp: 1723,
  mdns: 5353,
  sip: 5060,
  postgresql: 5432,
};

/** Differentiated services code points (RFC 4594, as nft names them). */
export const DSCP: NumberWords = {
  cs0: 0,
  cs1: 8,
  cs2: 16,
  cs3: 24,
  cs4: 32,
  cs5: 40,
  cs6: 48,
  cs7: 56,
  be: 0,
  lephb: 1,
  af11: 10,
  af12: 12,
  af13: 14,
  af21: 18,
  af22: 20,
  af23: 22,
  af31: 26,
  af32: 28,
  af33: 30,
  af41: 34,
  af42: 36,
  af43: 38,
  va: 44,
  ef: 46,
};

export const ECN: NumberWords = { 'not-ect': 0, ect1: 1, ect0: 2, ce: 3 };

type TypeAndCode = readonly [type: number, code: number];

/** ICMP messages by name: type and code. */
export const ICMP_WORDS: Readonly<Record<string, TypeAndCode>> = {
  'echo-reply': [0, 0],
  pong: [0, 0],
  'destination-unreachable': [3, 0],
  unreachable: [3, 0],
  'net-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'prot-unreachable': [3, 2],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'frag-needed': [3, 4],
  'source-route-failed': [3, 5],
  'net-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'admin-prohibited': [3, 13],
  'source-quench': [4, 0],
  redirect: [5, 1],
  'echo-request': [8, 0],
  echo: [8, 0],
  ping: [8, 0],
  'router-advertisement': [9, 0],
  'router-solicitation': [10, 0],
  'time-exceeded': [11, 0],
  'ttl-exceeded': [11, 0],
  'reassembly-timeout': [11, 1],
  'parameter-problem': [12, 0],
  'timestamp-request': [13, 0],
  'timestamp-reply': [14, 0],
  'info-request': [15, 0],
  'info-reply': [16, 0],
  'address-mask-request': [17, 0],
  'address-mask-reply': [18, 0],
};

/** The same of ICMPv6; neighbour discovery has its own words. */
export const ICMPV6_WORDS: Readonly<Record<string, TypeAndCode>> = {
  'destination-unreachable': [1, 0],
  unreachable: [1, 0],
  'no-route': [1, 0],
  'admin-prohibited': [1, 1],
  'not-neighbour': [1, 2],
  'addr-unreachable': [1, 3],
  'host-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'policy-fail': [1, 5],
  'reject-route': [1, 6],
  'packet-too-big': [2, 0],
  'too-big': [2, 0],
  'time-exceeded': [3, 0],
  'ttl-exceeded': [3, 0],
  'hop-limit-exceeded': [3, 0],
  'reassembly-timeout': [3, 1],
  'parameter-problem': [4, 0],
  'unknown-next-header': [4, 1],
  'unknown-option': [4, 2],
  'echo-request': [128, 0],
  echo: [128, 0],
  ping: [128, 0],
  'echo-reply': [129, 0],
  pong: [129, 0],
};

export const SCTP_WORDS = {
  data: 'data',
  init: 'init',
  'init-ack': 'initAck',
  sack: 'sack',
  heartbeat: 'heartbeat',
  'heartbeat-ack': 'heartbeatAck',
  abort: 'abort',
  shutdown: 'shutdown',
  'shutdown-ack': 'shutdownAck',
  error: 'error',
  'cookie-echo': 'cookieEcho',
  'cookie-ack': 'cookieAck',
  'shutdown-complete': 'shutdownComplete',
} as const;

export const DCCP_WORDS: NumberWords = {
  request: 0,
  response: 1,
  data: 2,
  dataack: 4,
  closereq: 5,
  close: 6,
  reset: 7,
  sync: 8,
  syncack: 9,
};

/** Protocol numbers that `proto` takes by name. */
export const PROTOCOLS: NumberWords = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  comp: 108,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
  udplite: 136,
};
