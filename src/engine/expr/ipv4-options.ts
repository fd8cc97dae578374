// ipv4_find_option() of nft_exthdr.c: the kernel knows four options, and those that do not compile
// (__ip_options_compile() in net/ipv4/ip_options.c, of a packet that is not its own) hide all others.

import { Nfproto } from '../../core/index.ts';
import {
  IPOPT_CIPSO,
  IPOPT_END,
  IPOPT_LSRR,
  IPOPT_NOOP,
  IPOPT_RA,
  IPOPT_RR,
  IPOPT_SSRR,
  IPOPT_TIMESTAMP,
} from '../../uapi/index.ts';
import type { PktInfo } from '../pktinfo.ts';

/** Options that `ip option` can ask for. */
export const KNOWN_OPTIONS: readonly number[] = [IPOPT_RR, IPOPT_LSRR, IPOPT_SSRR, IPOPT_RA];

const TS_TSANDADDR = 1;
const TS_PRESPEC = 3;

function soundTimestamps(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < 4) return false;
  const pointer = bytes[at + 2]!;
  const kind = bytes[at + 3]! & 15;
  if (pointer > length) return kind === TS_PRESPEC || bytes[at + 3]! >> 4 < 15;
  const isAddressed = kind === TS_TSANDADDR || kind === TS_PRESPEC;
  return pointer >= 5 && pointer + (isAddressed ? 7 : 3) <= length;
}

function isSound(bytes: Uint8Array, at: number, length: number): boolean {
  const pointer = bytes[at + 2]!;
  switch (bytes[at]) {
    case IPOPT_LSRR:
    case IPOPT_SSRR:
      return length >= 7 && pointer === 4 && ((length - 3) & 3) === 0;
    case IPOPT_RR:
      return length >= 3 && pointer >= 4 && (pointer > length || pointer + 3 <= length);
    case IPOPT_TIMESTAMP:
      return soundTimestamps(bytes, at, length);
    case IPOPT_RA:
      return length >= 4;
    case IPOPT_CIPSO:
      // cipso_v4_validate(): no domain of interpretation is known here.
      return false;
    default:
      return true;
  }
}

/** What may be there once; both kinds of source route are one thing. */
function seenBit(type: number): number {
  switch (type) {
    case IPOPT_RR:
      return 1;
    case IPOPT_TIMESTAMP:
      return 2;
    case IPOPT_LSRR:
    case IPOPT_SSRR:
      return 4;
    default:
      return 0;
  }
}

/** Where the option begins, or -1. */
export function findIpv4Option(pkt: PktInfo, type: number): number {
  const { bytes, end } = pkt;
  if (pkt.pf !== Nfproto.ip && pkt.packet.protocol !== 0x0800) return -1;
  // Read at skb->data: at egress those are the bytes of the link header.
  const network = end - pkt.length;
  const stop = network + ((bytes[network]! & 15) << 2);
  if (stop > end) return -1;
  let found = -1;
  let seen = 0;
  for (let at = network + 20; at < stop && bytes[at] !== IPOPT_END; ) {
    if (bytes[at] === IPOPT_NOOP) {
      at++;
      continue;
    }
    const length = at + 1 < stop ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > stop || !isSound(bytes, at, length)) return -1;
    const bit = seenBit(bytes[at]!);
    if ((seen & bit) !== 0) return -1;
    seen |= bit;
    // A router alert with any value but 0 is not noted.
    const noted = type !== IPOPT_RA || (bytes[at + 2] === 0 && bytes[at + 3] === 0);
    if (bytes[at] === type && noted) found = at;
    at += length;
  }
  return found;
}
