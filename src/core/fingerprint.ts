// Passive fingerprints of operating systems: struct nf_osf_user_finger, nfnetlink_osf.h.

/** How the window of a SYN is told (enum nf_osf_window_size_options). */
export type WindowRule = 'plain' | 'mss' | 'mtu' | 'modulo';

export interface Fingerprint {
  /** `plain` with 0 is any window; else a fixed one, or a multiple of `value` times MSS or MTU. */
  readonly window: { readonly rule: WindowRule; readonly value: number };
  /** What the host begins with. */
  readonly ttl: number;
  readonly df: boolean;
  /** Length of the whole SYN packet. */
  readonly length: number;
  /** Kinds and lengths of the TCP options, in order. */
  readonly options: readonly { readonly kind: number; readonly length: number }[];
  readonly genre: string;
  readonly version: string;
  readonly subtype: string;
}
