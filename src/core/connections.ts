// What is asked of connections, whichever netfilter has them.

/** One direction of a connection: addresses as text, ports or what the protocol has in their place. */
export interface ConnectionEnds {
  readonly src: string;
  readonly dst: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly type?: number;
  readonly code?: number;
  readonly id?: number;
}

/** What a filter looks at. */
export interface FilteredConnection {
  readonly family: 'ip' | 'ip6';
  readonly protocol: number;
  readonly original: ConnectionEnds;
  readonly reply: ConnectionEnds;
  readonly zone: number;
  readonly mark: number;
  readonly status: number;
  readonly state?: string;
  readonly id: number;
}

/** What to look for; every part given must hold. */
export interface ConnectionFilter {
  readonly family?: 'ip' | 'ip6';
  readonly protocol?: number;
  readonly original?: Partial<ConnectionEnds>;
  readonly reply?: Partial<ConnectionEnds>;
  readonly zone?: number;
  readonly mark?: number;
  readonly markMask?: number;
  /** All of these IPS_* bits. */
  readonly status?: number;
  /** None of these. */
  readonly statusClear?: number;
  readonly state?: string;
  readonly id?: number;
}

/** Whether every part given in `wanted` is so in `ends`. */
export const equalEnds = (
  ends: ConnectionEnds,
  wanted: Partial<ConnectionEnds> | undefined,
): boolean =>
  wanted === undefined ||
  Object.entries(wanted).every(([key, value]) => ends[key as keyof ConnectionEnds] === value);

export function matchesFilter(entry: FilteredConnection, filter: ConnectionFilter): boolean {
  const mask = filter.markMask ?? 0xffffffff;
  const same = <T>(wanted: T | undefined, value: T): boolean =>
    wanted === undefined || wanted === value;
  return (
    same(filter.family, entry.family) &&
    same(filter.protocol, entry.protocol) &&
    same(filter.zone, entry.zone) &&
    same(filter.state, entry.state) &&
    same(filter.id, entry.id) &&
    (filter.mark === undefined || ((entry.mark ^ filter.mark) & mask) === 0) &&
    (entry.status & (filter.status ?? 0)) === (filter.status ?? 0) &&
    (entry.status & (filter.statusClear ?? 0)) === 0 &&
    equalEnds(entry.original, filter.original) &&
    equalEnds(entry.reply, filter.reply)
  );
}
