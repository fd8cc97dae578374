// The datatypes of nftables as their numbers stand in NFTA_SET_KEY_TYPE (nftables' enum datatypes:
// the kernel stores them and does not look), with what of them is in the byte order of the host.

/** By number. */
const NAMES: readonly string[] = (
  'invalid verdict nf_proto bitmask integer string ll_addr ipv4_addr ipv6_addr ether_addr ' +
  'ether_type arp_op inet_proto inet_service icmp_type tcp_flag dccp_pkttype mh_type time mark ' +
  'iface_index iface_type realm classid uid gid ct_state ct_dir ct_status icmpv6_type ct_label ' +
  'pkt_type icmp_code icmpv6_code icmpx_code devgroup dscp ecn fib_addrtype boolean ct_event ' +
  'ifname igmp_type time hour day cgroupsv2'
).split(' ');

/** `time` is two types: how long, in 4 bytes, and since when, in 8. */
const TIME_DATE = 43;
const TYPE_BITS = 6;
const SEPARATOR = ' . ';

/** Bytes of one host-endian number; types not listed are network order, text or single bytes. */
const HOST_BYTES: Readonly<Record<string, number>> = {
  mark: 4,
  iface_index: 4,
  iface_type: 2,
  realm: 4,
  classid: 4,
  uid: 4,
  gid: 4,
  ct_state: 4,
  ct_status: 4,
  ct_label: 16,
  devgroup: 4,
  fib_addrtype: 4,
  ct_event: 4,
  hour: 4,
  cgroupsv2: 8,
};
/** Types whose byte order only the expression knows that loads them. */
const BY_EXPRESSION = new Set(['integer', 'bitmask', 'invalid']);

/**
 * How many bytes of `name` make one number of the host: 0 for network order and text, undefined
 * where the type does not say.
 */
export function hostBytes(name: string, length: number): number | undefined {
  if (BY_EXPRESSION.has(name) && length > 1) return undefined;
  return name === 'time' ? length : (HOST_BYTES[name] ?? 0);
}

const numberOfType = (name: string, length: number): number => {
  if (name === 'time' && length === 8) return TIME_DATE;
  const anonymous = /^type(\d+)$/.exec(name);
  return anonymous ? Number(anonymous[1]) : Math.max(NAMES.indexOf(name), 0);
};

export const typeFields = (type: string): readonly string[] => type.split(SEPARATOR);

/** Six bits a field, the last lowest; five fields fit, of more the first are lost. */
export function typeNumber(type: string, lengths: readonly number[]): number {
  return typeFields(type).reduce(
    (sum, name, i) => ((sum << TYPE_BITS) | numberOfType(name, lengths[i] ?? 0)) >>> 0,
    0,
  );
}

const nameOf = (number: number): string => NAMES[number] ?? `type${number}`;

/** The type's name; `fields` says how many a concatenation has (0 to take what is there). */
export function typeName(number: number, fields: number): string {
  if (number < 1 << TYPE_BITS && fields < 2) return nameOf(number);
  const names: string[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / (1 << TYPE_BITS))) {
    names.unshift(nameOf(rest % (1 << TYPE_BITS)));
  }
  while (names.length < fields) names.unshift('invalid');
  return names.join(SEPARATOR);
}

/** Bytes of the types that data of a concatenation are made of (no attribute tells them). */
const LENGTHS: Readonly<Record<string, number>> = {
  ipv6_addr: 16,
  ifname: 16,
  ct_label: 16,
  ether_addr: 6,
  inet_service: 2,
  ether_type: 2,
  iface_type: 2,
  arp_op: 2,
  cgroupsv2: 8,
};
const BYTES = new Set(
  (
    'inet_proto nf_proto icmp_type icmpv6_type tcp_flag dccp_pkttype mh_type ct_dir pkt_type ' +
    'icmp_code icmpv6_code icmpx_code dscp ecn boolean igmp_type day'
  ).split(' '),
);
export const typeLength = (name: string): number => LENGTHS[name] ?? (BYTES.has(name) ? 1 : 4);
