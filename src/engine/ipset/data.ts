// What each kind of set can do: struct ip_set_type_variant.

import type { IpSetEntry, IpSetOptions, IpSetRequest } from '../../program/index.ts';
import type { Adt } from './numbers.ts';
import type { SetOptions, SetPacket } from './options.ts';

export interface SetData {
  /** An element or range from a person (uadt). Below 0 an error, for a test 1 and 0. */
  request(adt: Adt, request: IpSetRequest, exist: boolean): number;
  /** An element of a packet (kadt). A test answers as the kernel's function does. */
  packet(adt: Adt, from: SetPacket, asked: SetOptions): number;
  flush(): void;
  /** Removes what has expired, as the kernel does now and then. */
  collect(): void;
  entries(): IpSetEntry[];
  /** How many a listing counts. */
  elements(): number;
  restore(entries: readonly IpSetEntry[]): void;
  /** The options as a listing tells them: the hash may have grown. */
  options(): IpSetOptions;
  memsize(): number;
  /** Whether a set made anew would be the same (`create -exist`). */
  same(options: IpSetOptions): boolean;
}

/** What all types compare in same_set(): the timeout and which extensions there are. */
export const sameExtensions = (a: IpSetOptions, b: IpSetOptions): boolean =>
  a.timeout === b.timeout &&
  (a.counters ?? false) === (b.counters ?? false) &&
  (a.comment ?? false) === (b.comment ?? false) &&
  (a.skbinfo ?? false) === (b.skbinfo ?? false);
