// xt_addrtype.c

import { Nfproto } from '../../../core/index.ts';
import type { AddrtypeInfo, HookName } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { addressLength, destinationAt, sourceAt } from '../read.ts';

/** XT_ADDRTYPE_*: 1 << RTN_*. */
const UNSPEC = 1;
const UNICAST = 1 << 1;
const LOCAL = 1 << 2;
const BROADCAST = 1 << 3;
const ANYCAST = 1 << 4;
const MULTICAST = 1 << 5;
const BLACKHOLE = 1 << 6;
const UNREACHABLE = 1 << 7;
const PROHIBIT = 1 << 8;
const REJECTS = BLACKHOLE | UNREACHABLE | PROHIBIT;

const NAMES = [
  'unspec',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
] as const;

const isAny = (bytes: Uint8Array, at: number): boolean => {
  for (let i = 0; i < 16; i++) if (bytes[at + i] !== 0) return false;
  return true;
};

class Addrtype implements XtMatch {
  readonly #info: AddrtypeInfo;
  readonly #env: Env;
  readonly hooks?: readonly HookName[];

  constructor(info: AddrtypeInfo, env: Env) {
    this.#info = info;
    this.#env = env;
    if (info.limitIface === 'in') this.hooks = ['prerouting', 'input', 'forward'];
    if (info.limitIface === 'out') this.hooks = ['forward', 'output', 'postrouting'];
  }

  /** 1 << RTN_*, with `limit` asked on one device. */
  #bitOf(pkt: PktInfo, at: number): number {
    const { limitIface } = this.#info;
    const device = limitIface === 'in' ? pkt.in : limitIface === 'out' ? pkt.out : null;
    const { network } = this.#env.netns;
    if (network === null) return 0;
    const family = pkt.pf === Nfproto.ip6 ? 'ip6' : 'ip';
    const address = pkt.bytes.subarray(at, at + addressLength(pkt));
    return 1 << network.addressType(family, address, device ?? undefined);
  }

  #is(pkt: PktInfo, at: number, types: number): boolean {
    return pkt.pf === Nfproto.ip6
      ? this.#is6(pkt, at, types)
      : (types & this.#bitOf(pkt, at)) !== 0;
  }

  /** match_type6(): what an address is by itself comes before what routes say. */
  #is6(pkt: PktInfo, at: number, types: number): boolean {
    const multicast = pkt.bytes[at] === 0xff;
    if ((types & MULTICAST) !== 0 && !multicast) return false;
    const any = isAny(pkt.bytes, at);
    if ((types & UNICAST) !== 0 && (multicast || any)) return false;
    if ((types & UNSPEC) !== 0 && !any) return false;
    const routed = types & (LOCAL | ANYCAST | UNREACHABLE);
    if (routed === 0) return true;
    const bit = this.#bitOf(pkt, at);
    return (routed & ((bit & REJECTS) !== 0 ? UNREACHABLE : bit)) !== 0;
  }

  matches(pkt: PktInfo): boolean {
    const { source, dest, invertSource, invertDest } = this.#info;
    if (source !== 0 && this.#is(pkt, sourceAt(pkt), source) === invertSource) return false;
    return dest === 0 || this.#is(pkt, destinationAt(pkt), dest) !== invertDest;
  }

  #name(pkt: PktInfo, at: number): string {
    return NAMES[31 - Math.clz32(this.#bitOf(pkt, at))] ?? 'unknown';
  }

  why(pkt: PktInfo): string {
    const { source, dest } = this.#info;
    const seen = [
      source === 0 ? '' : `source is ${this.#name(pkt, sourceAt(pkt))}`,
      dest === 0 ? '' : `destination is ${this.#name(pkt, destinationAt(pkt))}`,
    ];
    return seen.filter((one) => one !== '').join(', ');
  }
}

/** IPv6 has no broadcasts, and routes that reject are all one there. */
function check6({ source, dest }: AddrtypeInfo): void {
  const types = source | dest;
  if ((types & BLACKHOLE) !== 0) refuse('EINVAL', 'ipv6 BLACKHOLE matching not supported');
  if (types >= PROHIBIT) refuse('EINVAL', 'ipv6 PROHIBIT (THROW, NAT ..) matching not supported');
  if ((types & BROADCAST) !== 0) refuse('EINVAL', 'ipv6 does not support BROADCAST matching');
}

export const addrtype = matchModule<AddrtypeInfo>({
  name: 'addrtype',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    if (cx.family === 'ip6') check6(info);
    return new Addrtype(info, cx.env);
  },
});
