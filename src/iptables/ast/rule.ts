// A rule as it is understood: the parts every rule may have (struct ipt_ip, ip6t_ip6, arpt_arp,
// ebt_entry), the matches in their order, and what it does.

import type { XtInfo } from '../../program/index.ts';
import type { Extension, XtFamily } from '../extension/index.ts';

export interface Negatable<T> {
  readonly value: T;
  readonly negated: boolean;
}

/** Bytes in hex, the mask as long as the address; bits outside the mask are zero. */
export interface Masked {
  readonly bytes: string;
  readonly mask: string;
}

/** A number with the bits of it that count. */
export interface MaskedNumber {
  readonly value: number;
  readonly mask: number;
}

/** What arptables asks of an ARP header, beside addresses. */
export interface ArpParts {
  readonly sourceMac?: Negatable<Masked>;
  readonly destinationMac?: Negatable<Masked>;
  readonly hardwareLength?: Negatable<MaskedNumber>;
  readonly opcode?: Negatable<MaskedNumber>;
  readonly hardwareType?: Negatable<MaskedNumber>;
  readonly protocolType?: Negatable<MaskedNumber>;
}

/** What ebtables asks of a frame. */
export interface BridgeParts {
  /** An ethertype, or `length` for frames of 802.3. */
  readonly protocol?: Negatable<number | 'length'>;
  readonly source?: Negatable<Masked>;
  readonly destination?: Negatable<Masked>;
  readonly logicalIn?: Negatable<string>;
  readonly logicalOut?: Negatable<string>;
}

/** An extension in a rule, or the words of one that nobody knows. */
export type Use =
  | { readonly kind: 'known'; readonly extension: Extension; readonly info: XtInfo }
  | { readonly kind: 'opaque'; readonly text: string; readonly reason: string };

export type Verdict = 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE' | 'CONTINUE';

export type Target =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | Use;

export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

export interface XtRule {
  readonly family: XtFamily;
  readonly source?: Negatable<Masked>;
  readonly destination?: Negatable<Masked>;
  readonly inInterface?: Negatable<string>;
  readonly outInterface?: Negatable<string>;
  /** IPPROTO_*; absent for all. */
  readonly protocol?: Negatable<number>;
  /** `-f`: fragments but the first; negated, everything else. */
  readonly fragment?: { readonly negated: boolean };
  readonly arp?: ArpParts;
  readonly bridge?: BridgeParts;
  readonly matches: readonly Use[];
  readonly target?: Target;
  readonly counters?: Counters;
}
