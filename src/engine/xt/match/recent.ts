// xt_recent.c: addresses seen lately. A list belongs to the namespace, not to a rule.

import { unhex } from '../../../bytes/index.ts';
import type { RecentInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { type Keyed, KeyTable } from '../key-table.ts';
import { perNamespace } from '../per-namespace.ts';
import { addressLength, destinationAt, sourceAt } from '../read.ts';
import { SharedByName, type Sharing } from '../shared.ts';

/** Module parameter ip_list_tot. */
const MAX_ENTRIES = 100;
/** XT_RECENT_MAX_NSTAMPS */
const MAX_STAMPS = 65_536;
const DEFAULT_STAMPS = 32;
const NS_PER_SECOND = 1e9;

class Entry implements Keyed {
  /** Four words of address and the family. */
  readonly key: Uint32Array;
  readonly stamps: number[] = [];
  ttl: number;
  /** Where the next stamp goes. */
  index = 1;

  constructor(key: Uint32Array, ttl: number, now: number) {
    this.key = key.slice();
    this.ttl = ttl;
    this.stamps[0] = now;
  }
}

/** struct recent_table */
class RecentList {
  readonly entries = new KeyTable<Entry>();
  /** The one that was seen longest ago comes first. */
  readonly order = new Set<Entry>();
  readonly mask: Uint8Array;
  /** A power of two. */
  stamps: number;

  constructor(mask: Uint8Array, stamps: number) {
    this.mask = mask;
    this.stamps = stamps;
  }

  /** More stamps than there was room for: what was seen is forgotten. */
  widen(stamps: number): void {
    if (stamps <= this.stamps) return;
    this.entries.clear();
    this.order.clear();
    this.stamps = stamps;
  }

  remove(entry: Entry): void {
    this.entries.delete(entry);
    this.order.delete(entry);
  }

  add(entry: Entry): void {
    const [oldest] = this.order;
    if (this.entries.size >= MAX_ENTRIES && oldest !== undefined) this.remove(oldest);
    this.entries.add(entry);
    this.order.add(entry);
  }

  update(entry: Entry, now: number): void {
    entry.index &= this.stamps - 1;
    entry.stamps[entry.index++] = now;
    this.order.delete(entry);
    this.order.add(entry);
  }

  /** The entry that was seen longest ago goes if its last time is before `time`. */
  reap(time: number): void {
    const [oldest] = this.order;
    if (oldest !== undefined && time > oldest.stamps[oldest.index - 1]!) this.remove(oldest);
  }
}

const lists = perNamespace(() => new SharedByName<RecentList>());

class Recent implements XtMatch {
  readonly #info: RecentInfo;
  readonly #env: Env;
  readonly #list: RecentList;
  readonly #key = new Uint32Array(5);
  readonly activate: () => void;
  readonly deactivate: () => void;

  constructor(info: RecentInfo, env: Env, shared: Sharing<RecentList>) {
    this.#info = info;
    this.#env = env;
    this.#list = shared.object;
    this.activate = shared.activate;
    this.deactivate = shared.deactivate;
  }

  /** The TTL as it was before forwarding took one away. */
  #ttl(pkt: PktInfo): number {
    const v6 = addressLength(pkt) === 16;
    const ttl = pkt.bytes[pkt.network + (v6 ? 7 : 8)]!;
    return pkt.out !== null && !pkt.packet.local ? (ttl + 1) & 0xff : ttl;
  }

  #find(pkt: PktInfo, ttl: number): Entry | undefined {
    const at = this.#info.side === 'dest' ? destinationAt(pkt) : sourceAt(pkt);
    const length = addressLength(pkt);
    const { mask } = this.#list;
    this.#key.fill(0);
    for (let i = 0; i < length; i++)
      this.#key[i >>> 2] = (this.#key[i >>> 2]! << 8) | (pkt.bytes[at + i]! & (mask[i] ?? 0));
    this.#key[4] = length;
    const found = this.#list.entries.find(this.#key);
    const same = !this.#info.ttl || ttl === 0 || found?.ttl === 0 || found?.ttl === ttl;
    return same ? found : undefined;
  }

  matches(pkt: PktInfo): boolean {
    const { action, invert } = this.#info;
    const ttl = this.#ttl(pkt);
    const now = this.#env.netns.clock.now();
    const entry = this.#find(pkt, ttl);
    if (entry === undefined) {
      if (action !== 'set') return invert;
      this.#list.add(new Entry(this.#key, ttl, now));
      return !invert;
    }
    const found = action === 'set' || action === 'remove' || this.#isRecent(entry, now);
    const is = found !== invert;
    if (action === 'remove') this.#list.remove(entry);
    else if (action === 'set' || (action === 'update' && is)) {
      this.#list.update(entry, now);
      entry.ttl = ttl;
    }
    return is;
  }

  /** Seen often enough in the time asked for; an old one may be forgotten with it. */
  #isRecent({ stamps }: Entry, now: number): boolean {
    const { seconds, hitCount, reap } = this.#info;
    const time = now - seconds * NS_PER_SECOND;
    let hits = 0;
    let found = false;
    for (let i = 0; i < stamps.length && !found; i++) {
      if (seconds > 0 && time > stamps[i]!) continue;
      hits++;
      found = hitCount === 0 || hits >= hitCount;
    }
    if (reap) this.#list.reap(time);
    return found;
  }

  why(pkt: PktInfo): string {
    const entry = this.#find(pkt, this.#ttl(pkt));
    if (entry === undefined) return `not in list ${this.#info.name}`;
    return `in list ${this.#info.name}, seen ${entry.stamps.length} times`;
  }
}

function check(info: RecentInfo): void {
  const { action, seconds, hitCount, ttl, reap } = info;
  const timed = action === 'rcheck' || action === 'update';
  if (!timed && (seconds !== 0 || hitCount !== 0 || ttl || reap))
    refuse('EINVAL', `recent --${action} has neither a time nor a count`);
  if (reap && seconds === 0) refuse('EINVAL', 'recent --reap needs --seconds');
  if (hitCount >= MAX_STAMPS) refuse('EINVAL', `hitcount ${hitCount} is above ${MAX_STAMPS - 1}`);
  if (info.name === '' || info.name.includes('/'))
    refuse('EINVAL', `bad name of a list "${info.name}"`);
}

export const recent = matchModule<RecentInfo>({
  name: 'recent',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    check(info);
    const stamps = info.hitCount === 0 ? DEFAULT_STAMPS : 2 ** Math.ceil(Math.log2(info.hitCount));
    const make = (): RecentList => new RecentList(unhex(info.mask), stamps);
    const shared = lists(cx.env.netns).share(info.name, make);
    shared.object.widen(stamps);
    return new Recent(info, cx.env, shared);
  },
});
