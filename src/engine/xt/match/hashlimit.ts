// xt_hashlimit.c, revision 3: a bucket of tokens for each key. A table belongs to the namespace.

import { Nfproto } from '../../../core/index.ts';
import { headerPlace, skipIPv6Extensions } from '../../../packet/index.ts';
import type { HashlimitInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { type Keyed, KeyTable } from '../key-table.ts';
import { perNamespace } from '../per-namespace.ts';
import { destinationAt, holds, hotdrop, sourceAt, u16At, u32At } from '../read.ts';
import { SharedByName, type Sharing } from '../shared.ts';
import { type Bucket, bucketOf, byteCost, capOf } from '../token-bucket.ts';

const NS_PER_MS = 1e6;
const U32_MAX = 0xffff_ffff;
/** htable_create(): buckets of a machine with memory, and eight entries for each. */
const DEFAULT_SIZE = 8192;
/** proto_ports_offset() */
const PORT_PROTOCOLS = [6, 17, 33, 50, 132, 136];

class Entry implements Keyed {
  readonly key: Uint32Array;
  readonly bucket: Bucket;
  expires = 0;

  constructor(key: Uint32Array, bucket: Bucket) {
    this.key = key.slice();
    this.bucket = bucket;
  }
}

/** struct xt_hashlimit_htable: of the rules that share it, the first one's settings hold. */
class Table {
  readonly entries = new KeyTable<Entry>();
  readonly info: HashlimitInfo;
  readonly max: number;
  #swept: number;

  constructor(info: HashlimitInfo, now: number) {
    this.info = info;
    const size = info.size === 0 ? DEFAULT_SIZE : info.size;
    this.max = info.max === 0 ? 8 * size : Math.max(info.max, size);
    this.#swept = now;
  }

  /** htable_gc(), made up for when somebody looks. */
  sweep(now: number): void {
    const interval = this.info.gcInterval * NS_PER_MS;
    const last = this.#swept + Math.floor((now - this.#swept) / interval) * interval;
    if (last === this.#swept) return;
    this.#swept = last;
    for (const entry of [...this.entries.entries()])
      if (entry.expires <= last) this.entries.delete(entry);
  }
}

const tables = perNamespace(() => new SharedByName<Table>());
const place = headerPlace();

/** maskl() over the words of an address. */
function maskWord(word: number, prefix: number): number {
  const bits = Math.min(32, Math.max(0, prefix));
  return bits === 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
}

class Hashlimit implements XtMatch {
  readonly #info: HashlimitInfo;
  readonly #env: Env;
  readonly #table: Table;
  /** Two addresses of four words, and both ports. */
  readonly #key = new Uint32Array(9);
  readonly activate: () => void;
  readonly deactivate: () => void;

  constructor(info: HashlimitInfo, env: Env, shared: Sharing<Table>) {
    this.#info = info;
    this.#env = env;
    this.#table = shared.object;
    this.activate = shared.activate;
    this.deactivate = shared.deactivate;
  }

  /** hashlimit_init_dst(): false where ports are asked for and cannot be read. */
  #read(pkt: PktInfo): boolean {
    const { keys, srcmask, dstmask } = this.#table.info;
    const words = pkt.pf === Nfproto.ip6 ? 4 : 1;
    this.#key.fill(0);
    for (let i = 0; i < words; i++) {
      if (keys.includes('srcip'))
        this.#key[i] = maskWord(u32At(pkt.bytes, sourceAt(pkt) + 4 * i), srcmask - 32 * i);
      if (keys.includes('dstip'))
        this.#key[4 + i] = maskWord(u32At(pkt.bytes, destinationAt(pkt) + 4 * i), dstmask - 32 * i);
    }
    return !(keys.includes('srcport') || keys.includes('dstport')) || this.#ports(pkt);
  }

  #ports(pkt: PktInfo): boolean {
    let at = pkt.transport;
    let protocol = pkt.bytes[pkt.network + 9]!;
    if (pkt.pf === Nfproto.ip6) {
      const { bytes, network, end } = pkt;
      if (!skipIPv6Extensions(bytes, network + 40, end, bytes[network + 6]!, place)) return false;
      at = place.offset;
      protocol = place.protocol;
    }
    if (!PORT_PROTOCOLS.includes(protocol)) return true;
    if (!holds(pkt, at, 4)) return false;
    const { keys } = this.#table.info;
    const source = keys.includes('srcport') ? u16At(pkt.bytes, at) : 0;
    this.#key[8] = (source << 16) | (keys.includes('dstport') ? u16At(pkt.bytes, at + 2) : 0);
    return true;
  }

  matches(pkt: PktInfo): boolean {
    if (!this.#read(pkt)) return hotdrop(pkt);
    const table = this.#table;
    const now = this.#env.netns.clock.now();
    table.sweep(now);
    let entry = table.entries.find(this.#key);
    if (entry === undefined) {
      if (table.entries.size >= table.max) return hotdrop(pkt);
      entry = new Entry(this.#key, bucketOf(table.info, now));
      table.entries.add(entry);
    } else entry.bucket.refill(now);
    entry.expires = now + table.info.expire * NS_PER_MS;
    return entry.bucket.take(pkt.length) !== this.#info.invert;
  }

  why(pkt: PktInfo): string {
    if (!this.#read(pkt)) return 'it has no ports';
    return this.#table.entries.find(this.#key)?.bucket.text() ?? 'not seen yet';
  }
}

function check(info: HashlimitInfo, family: string): void {
  if (info.gcInterval === 0 || info.expire === 0)
    refuse('EINVAL', 'entries of hashlimit live and are swept in some time');
  if (family === 'ip' && (info.srcmask > 32 || info.dstmask > 32))
    refuse('EINVAL', 'a prefix of IPv4 is at most 32 bits long');
  if (info.name.includes('/') || info.name === '')
    refuse('EINVAL', `bad name of a table "${info.name}"`);
  checkRate(info);
}

/** hashlimit_mt_check_common(): what its arithmetic cannot hold. */
function checkRate({ rateMatch, bytes, avg, burst, interval }: HashlimitInfo): void {
  if (rateMatch) {
    if (avg === 0 || avg > U32_MAX) refuse('ERANGE', 'no such rate can be matched');
    if (interval === 0) refuse('EINVAL', 'a rate is measured in some time');
  } else if (bytes) {
    if (byteCost(avg) === 0) refuse('EINVAL', 'the rate is too high');
  } else if (burst === 0 || capOf(avg, burst) < capOf(avg, 1))
    refuse('ERANGE', `${burst} packets at this rate take too long to be counted`);
}

export const hashlimit = matchModule<HashlimitInfo>({
  name: 'hashlimit',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    check(info, cx.family);
    const make = (): Table => new Table(info, cx.env.netns.clock.now());
    // Tables of one name are told apart by family.
    const shared = tables(cx.env.netns).share(`${cx.family} ${info.name}`, make);
    return new Hashlimit(info, cx.env, shared);
  },
});
