// What expressions leave in a register: how many bytes, and how many of them make one number in the
// byte order of the host (0: network order, text, or a single byte). From the *_get_eval functions
// of nft_meta.c, nft_ct.c, nft_rt.c, nft_socket.c, nft_fib.c, nft_xfrm.c and nft_tunnel.c.

export interface Stored {
  readonly length: number;
  readonly host: number;
}

const host = (length: number): Stored => ({ length, host: length });
const plain = (length: number): Stored => ({ length, host: 0 });

const IFNAMSIZ = 16;
const NUMBER = host(4);
const BYTE = plain(1);
const NAME = plain(IFNAMSIZ);

export const META: Readonly<Record<string, Stored>> = {
  len: NUMBER,
  protocol: plain(2),
  priority: NUMBER,
  mark: NUMBER,
  iif: NUMBER,
  oif: NUMBER,
  iifname: NAME,
  oifname: NAME,
  iiftype: host(2),
  oiftype: host(2),
  skuid: NUMBER,
  skgid: NUMBER,
  nftrace: BYTE,
  rtclassid: NUMBER,
  secmark: NUMBER,
  nfproto: BYTE,
  l4proto: BYTE,
  bri_iifname: NAME,
  bri_oifname: NAME,
  pkttype: BYTE,
  cpu: NUMBER,
  iifgroup: NUMBER,
  oifgroup: NUMBER,
  cgroup: NUMBER,
  // Random bits have no order; nftables reads them as they stand.
  prandom: plain(4),
  secpath: BYTE,
  iifkind: NAME,
  oifkind: NAME,
  bri_iifpvid: host(2),
  bri_iifvproto: plain(2),
  bri_iifhwaddr: plain(6),
  time: host(8),
  day: BYTE,
  hour: NUMBER,
  sdif: NUMBER,
  sdifname: NAME,
  broute: BYTE,
};

export const CT: Readonly<Record<string, Stored>> = {
  state: NUMBER,
  direction: BYTE,
  status: NUMBER,
  mark: NUMBER,
  secmark: NUMBER,
  expiration: NUMBER,
  helper: NAME,
  l3protocol: BYTE,
  src: plain(16),
  dst: plain(16),
  protocol: BYTE,
  proto_src: plain(2),
  proto_dst: plain(2),
  label: host(16),
  packets: host(8),
  bytes: host(8),
  avgpkt: host(8),
  zone: host(2),
  event: NUMBER,
  src_ip: plain(4),
  dst_ip: plain(4),
  src_ip6: plain(16),
  dst_ip6: plain(16),
  // A hash; nftables shows its bytes as they stand.
  id: plain(4),
};

export const RT: Readonly<Record<string, Stored>> = {
  classid: NUMBER,
  nexthop4: plain(4),
  nexthop6: plain(16),
  tcpmss: host(2),
  ipsec: BYTE,
};

export const SOCKET: Readonly<Record<string, Stored>> = {
  transparent: BYTE,
  mark: NUMBER,
  wildcard: BYTE,
  cgroupv2: host(8),
};

export const FIB: Readonly<Record<string, Stored>> = {
  oif: NUMBER,
  oifname: NAME,
  type: NUMBER,
  present: BYTE,
};

export const XFRM: Readonly<Record<string, Stored>> = {
  daddr4: plain(4),
  daddr6: plain(16),
  saddr4: plain(4),
  saddr6: plain(16),
  reqid: NUMBER,
  spi: plain(4),
};

export const TUNNEL: Readonly<Record<string, Stored>> = { path: BYTE, id: NUMBER };

/** Keys whose name in the language is not that of libnftnl. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = { length: 'len', random: 'prandom' };

/** What a field of a `typeof` declaration holds, for keys that the language names. */
export function storedByTypeof(text: string): Stored | undefined {
  const [selector, ...words] = text.trim().split(/\s+/);
  const key = words[words.length - 1] ?? '';
  switch (selector) {
    case 'meta':
      return META[LANGUAGE_NAMES[key] ?? key];
    case 'ct':
      return CT[key];
    case 'rt':
      return RT[key];
    case 'socket':
      return SOCKET[key];
    case 'numgen':
    case 'jhash':
    case 'symhash':
      return NUMBER;
    default:
      return undefined;
  }
}
