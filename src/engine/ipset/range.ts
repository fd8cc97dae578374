// Ranges of IPv4 addresses as the kernel walks them (net/netfilter/ipset/pfxlen.c).

/** ip_set_hostmask(). */
export const hostmask = (cidr: number): number =>
  cidr === 0 ? 0 : (0xffffffff << (32 - cidr)) >>> 0;

/** The last address of a network. */
export const lastOf = (ip: number, cidr: number): number => (ip | ~hostmask(cidr)) >>> 0;

/** ip_set_range_to_cidr(): the largest network that begins at `from` and ends by `to`. */
export function rangeToCidr(from: number, to: number): number {
  for (let cidr = 1; cidr < 32; cidr++)
    if ((from & hostmask(cidr)) >>> 0 === from && lastOf(from, cidr) <= to) return cidr;
  return 32;
}
