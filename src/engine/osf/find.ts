// Which fingerprint a SYN fits: nf_osf_find() and nf_osf_match_one(), net/netfilter/nfnetlink_osf.c.

import { u16 } from '../../bytes/index.ts';
import type { Fingerprint } from '../../core/index.ts';

/** How the hop count is compared: enum nf_osf_ttl options. */
export const NF_OSF_TTL_TRUE = 0;
export const NF_OSF_TTL_LESS = 1;
export const NF_OSF_TTL_NOCHECK = 2;

const IP_DF = 0x40;
const TCP_SYN = 0x02;
const TCP_HEADER = 20;
const OPTION_MSS = 2;
/** What modems that mangle the MSS make of it (SMART_MSS_1, SMART_MSS_2). */
const SMART_MSS = [1460, 1448] as const;
/** To the MTU from the MSS. */
const HEADERS = 40;
/** MAX_IPOPTLEN: more options than an IP header has room for fit nothing. */
const MAX_OPTIONS = 40;

/** A SYN as fingerprints are compared with it: struct nf_osf_hdr_ctx. */
export interface Syn {
  readonly bytes: Uint8Array;
  readonly network: number;
  /** Of the TCP header, which must be there. */
  readonly transport: number;
  readonly end: number;
}

export const isSyn = ({ bytes, transport, end }: Syn): boolean =>
  transport + TCP_HEADER <= end && (bytes[transport + 13]! & TCP_SYN) !== 0;

/** A host on the same link never shows more hops than it begins with, so `less` is all there is to ask. */
function ttlFits(ttl: number, fingerprint: Fingerprint, check: number): boolean {
  if (check === NF_OSF_TTL_NOCHECK) return true;
  return check === NF_OSF_TTL_LESS ? ttl <= fingerprint.ttl : ttl === fingerprint.ttl;
}

/** The MSS option's value, 0 without one; -1 where the options are others. */
function optionsFit({ bytes, transport, end }: Syn, { options }: Fingerprint): number {
  const size = ((bytes[transport + 12]! >>> 4) << 2) - TCP_HEADER;
  const wanted = options.reduce((sum, one) => sum + one.length, 0);
  if (Math.max(size, 0) !== wanted || wanted > MAX_OPTIONS) return -1;
  let at = transport + TCP_HEADER;
  if (at + wanted > end) return -1;
  let mss = 0;
  for (const { kind, length } of options) {
    if (bytes[at] !== kind) return -1;
    if (kind === OPTION_MSS) mss = u16(bytes, at + 2);
    at += length;
  }
  return mss;
}

function windowFits(window: number, mss: number, { rule, value }: Fingerprint['window']): boolean {
  const added = rule === 'mtu' ? HEADERS : 0;
  switch (rule) {
    case 'plain':
      return value === 0 || window === value;
    case 'modulo':
      return window % value === 0;
    default:
      return (
        window === value * (mss + added) ||
        SMART_MSS.some((smart) => window === value * (smart + added))
      );
  }
}

/**
 * The first fingerprint a SYN over IPv4 fits, or undefined.
 *
 * @param genre only those of this system
 */
export function findFingerprint(
  syn: Syn,
  fingerprints: readonly Fingerprint[],
  ttlCheck: number,
  genre?: string,
): Fingerprint | undefined {
  const { bytes, network, transport } = syn;
  const df = (bytes[network + 6]! & IP_DF) !== 0;
  const length = u16(bytes, network + 2);
  const ttl = bytes[network + 8]!;
  const window = u16(bytes, transport + 14);
  for (const fingerprint of fingerprints) {
    if (genre !== undefined && fingerprint.genre !== genre) continue;
    if (fingerprint.df !== df || fingerprint.length !== length) continue;
    if (!ttlFits(ttl, fingerprint, ttlCheck)) continue;
    const mss = optionsFit(syn, fingerprint);
    if (mss >= 0 && windowFits(window, mss, fingerprint.window)) return fingerprint;
  }
  return undefined;
}
