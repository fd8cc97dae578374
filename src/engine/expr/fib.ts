// fib: questions to the routing table, net/ipv4/netfilter/nft_fib_ipv4.c and nft_fib_ipv6.c.

import type { NetDevice, RouteKey } from '../../core/index.ts';
import { Nfproto, PACKET_LOOPBACK } from '../../core/index.ts';
import type { FibExpr } from '../../program/index.ts';
import { HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { putName, spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

const IFNAMSIZ = 16;
const RTN_LOCAL = 2;
const LOOPBACK_IFINDEX = 1;

type IpFamily = 'ip' | 'ip6';

/** The addresses of the packet at hand; the views are valid until the packet changes. */
function addresses(pkt: PktInfo, family: IpFamily): { src: Uint8Array; dst: Uint8Array } {
  const at = pkt.network + (family === 'ip' ? 12 : 8);
  const length = family === 'ip' ? 4 : 16;
  const src = pkt.bytes.subarray(at, at + length);
  return { src, dst: pkt.bytes.subarray(at + length, at + 2 * length) };
}

function familyOf(pkt: PktInfo): IpFamily | null {
  if (pkt.pf === Nfproto.ip) return 'ip';
  if (pkt.pf === Nfproto.ip6) return 'ip6';
  // netdev and bridge: nft_fib_netdev_eval() goes by the EtherType.
  if (pkt.packet.protocol === ETH_P_IP) return 'ip';
  return pkt.packet.protocol === ETH_P_IPV6 ? 'ip6' : null;
}

class Fib extends BaseOp<FibExpr> {
  readonly writes: Span;
  readonly #env: Env;
  readonly #present: boolean;

  constructor(expr: FibExpr, at: number, bytes: number, env: Env) {
    super(expr);
    this.writes = { word: at, bytes };
    this.#env = env;
    this.#present = expr.flags.includes('present') || expr.result === 'present';
  }

  #has(flag: FibExpr['flags'][number]): boolean {
    return this.expr.flags.includes(flag);
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const family = familyOf(pkt);
    const { network } = this.#env.netns;
    if (family === null || network === null) return NFT_BREAK;
    if (this.expr.result !== 'type') {
      this.#store(regs, this.#device(pkt, family));
      return NFT_CONTINUE;
    }
    const { src, dst } = addresses(pkt, family);
    const device = this.#has('iif') ? pkt.in : this.#has('oif') ? pkt.out : null;
    const address = this.#has('daddr') ? dst : src;
    regs[this.writes.word] = network.addressType(family, address, device ?? undefined);
    return NFT_CONTINUE;
  }

  /** nft_fib4_eval(): the device of the route, or null. */
  #device(pkt: PktInfo, family: IpFamily): NetDevice | null {
    // nft_fib_can_skip(): what was looped back has come from where it goes.
    const incoming = pkt.hook === 0 || pkt.hook === 1;
    const loops = pkt.packet.pktType === PACKET_LOOPBACK || pkt.in?.index === LOOPBACK_IFINDEX;
    if (incoming && loops) return pkt.in;
    const wanted = this.#has('oif') ? pkt.out : this.#has('iif') ? pkt.in : null;
    const { src, dst } = addresses(pkt, family);
    if (family === 'ip' && src[0] === 0 && (dst[0] === 255 || (dst[0] === 224 && dst[2] === 0)))
      return pkt.in;
    const key: RouteKey = {
      family,
      daddr: this.#has('daddr') ? dst : src,
      saddr: this.#has('daddr') ? src : dst,
      ...(this.#has('mark') ? { mark: pkt.packet.mark } : {}),
      ...(family === 'ip' ? { tos: pkt.bytes[pkt.network + 1]! & 0xfc } : {}),
    };
    const route = this.#env.netns.network!.route(key);
    // Sending to itself is no reverse path.
    if (route === null || route.type === RTN_LOCAL) return null;
    return wanted === null || route.device === wanted ? route.device : null;
  }

  #store(regs: Registers, device: NetDevice | null): void {
    const { word } = this.writes;
    if (this.#present) regs[word] = device !== null ? 1 << 24 : 0;
    else if (this.expr.result === 'oif') regs[word] = device?.index ?? 0;
    else putName(device?.name ?? '', regs, word, IFNAMSIZ / 4);
  }

  why(): string {
    return 'no routing table to ask, or not IP';
  }

  /** nft_fib_netdev_validate(): the device it reads is there. */
  #validateDevice(base: Chain): void {
    const { result } = this.expr;
    if (result !== 'type' || this.#has('iif')) requireHooks(base, ['ingress'], 'fib');
    else if (this.#has('oif')) requireHooks(base, ['egress'], 'fib');
  }

  /** nft_fib_validate(): devices are only known at some hooks. */
  validate(base: Chain): void {
    const { result } = this.expr;
    if (base.table.family === 'netdev') {
      this.#validateDevice(base);
      return;
    }
    if (result === 'type') {
      if (this.#has('iif'))
        requireHooks(base, ['prerouting', 'input', 'forward'], 'fib … iif type');
      else if (this.#has('oif'))
        requireHooks(base, ['output', 'postrouting', 'forward'], 'fib … oif type');
    } else if (this.#has('iif'))
      requireHooks(base, ['prerouting', 'input', 'forward'], 'fib … oif');
    else if (this.#has('oif'))
      requireHooks(base, ['output', 'postrouting', 'forward'], 'fib … oif');
    else
      requireHooks(base, ['prerouting', 'input', 'forward', 'output', 'postrouting'], 'fib … oif');
  }
}

export function prepareFib(expr: FibExpr, cx: Prepare): Op {
  const has = (flag: FibExpr['flags'][number]): boolean => expr.flags.includes(flag);
  if (has('saddr') === has('daddr')) refuse('EINVAL', 'fib takes either saddr or daddr');
  if (has('iif') && has('oif')) refuse('EINVAL', 'fib takes iif or oif, not both');
  if (expr.result === 'type' && has('present')) refuse('EINVAL', 'fib type has no check');
  const present = has('present') || expr.result === 'present';
  const bytes = present ? 1 : expr.result === 'oifname' ? IFNAMSIZ : 4;
  const at = spanOf(expr.dreg, bytes);
  cx.endian.mark(at, wordsIn(bytes), bytes === 4 ? HOST32 : NETWORK);
  return new Fib(expr, at, bytes, cx.env);
}
