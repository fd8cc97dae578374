// tproxy: gives a packet to a socket of this host, whoever it was addressed to (net/netfilter/
// nft_tproxy.c, net/ipv4/netfilter/nf_tproxy_ipv4.c, net/ipv6/netfilter/nf_tproxy_ipv6.c). It changes
// neither packet nor route: that it is delivered here is for policy routing to say.

import { u16 } from '../../bytes/index.ts';
import type { Socket, Sockets } from '../../core/index.ts';
import { Nfproto, SocketKey } from '../../core/index.ts';
import type { TproxyExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsToBytes } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireSet } from './require.ts';
import { IPPROTO_TCP, IPPROTO_UDP, TCP_HEADER, UDP_HEADER } from './socket-lookup.ts';
import { requireHooks } from './validate.ts';

const [FIN, SYN, RST, ACK] = [0x01, 0x02, 0x04, 0x10];

const key = new SocketKey();

/** The packet's own addresses. */
function askPacket(pkt: PktInfo, v6: boolean): void {
  const { bytes, network, transport } = pkt;
  key.family = v6 ? 'ip6' : 'ip';
  key.protocol = pkt.tprot;
  key.remote = bytes;
  key.remoteAt = network + (v6 ? 8 : 12);
  key.remotePort = u16(bytes, transport);
  key.local = bytes;
  key.localAt = network + (v6 ? 24 : 16);
  key.localPort = u16(bytes, transport + 2);
  key.device = pkt.in;
}

/** nf_tproxy_get_sock_v4(), NF_TPROXY_LOOKUP_ESTABLISHED. */
function established(sockets: Sockets): Socket | null {
  if (key.protocol === IPPROTO_TCP) return sockets.established(key);
  const socket = sockets.lookup(key);
  return socket?.state === 'established' ? socket : null;
}

/** nf_tproxy_get_sock_v4(), NF_TPROXY_LOOKUP_LISTENER. */
function listener(sockets: Sockets): Socket | null {
  if (key.protocol === IPPROTO_TCP) return sockets.listener(key);
  const socket = sockets.lookup(key);
  return socket?.state === 'listen' ? socket : null;
}

/** nf_tproxy_laddr4/6(): the address a rule names, or the first one of the device. */
function ownAddress(env: Env, pkt: PktInfo): Uint8Array | null {
  const { network } = env.netns;
  return pkt.in === null ? null : (network?.firstAddress(key.family, pkt.in) ?? null);
}

/** The address and port of the rule; the device's first address and the packet's port without. */
function askTarget(env: Env, pkt: PktInfo, address: Uint8Array, port: number): void {
  if (port !== 0) key.localPort = port;
  const own = address.every((byte) => byte === 0) ? ownAddress(env, pkt) : address;
  if (own === null) return;
  key.local = own;
  key.localAt = 0;
}

/** A SYN may open again what is in TIME_WAIT (nf_tproxy_handle_time_wait4()). */
const isFirstSegment = ({ bytes, transport }: PktInfo): boolean =>
  (bytes[transport + 13]! & (SYN | RST | ACK | FIN)) === SYN;

/**
 * The socket that gets a packet of TCP or UDP, transparent or not: that of its connection, else one that
 * listens at `address` (all zero: the device's own) and `port` (0: the packet's).
 */
export function socketFor(
  env: Env,
  pkt: PktInfo,
  address: Uint8Array,
  port: number,
): Socket | null {
  const { sockets } = env.netns;
  if (sockets === null) return null;
  askPacket(pkt, pkt.pf === Nfproto.ip6);
  const known = established(sockets);
  if (known !== null && known.state !== 'time-wait') return known;
  if (known !== null && !isFirstSegment(pkt)) return known;
  askTarget(env, pkt, address, port);
  return listener(sockets) ?? known;
}

class Tproxy extends BaseOp<TproxyExpr> {
  readonly #env: Env;
  readonly #address: number;
  readonly #port: number;
  /** Where an address that the rule names is put together. */
  readonly #target = new Uint8Array(16);

  constructor(expr: TproxyExpr, address: number, port: number, env: Env) {
    super(expr);
    this.#address = address;
    this.#port = port;
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const socket = this.#find(regs, pkt);
    if (socket === null || !socket.transparent) return NFT_BREAK;
    pkt.packet.sk = socket;
    return NFT_CONTINUE;
  }

  /** Why no socket can be given a packet, or ''. */
  #unfit(pkt: PktInfo): string {
    const { family } = this.expr;
    const needed = family === 'ip' ? Nfproto.ip : family === 'ip6' ? Nfproto.ip6 : pkt.pf;
    if (pkt.pf !== needed) return `a packet of the other family`;
    if (!pkt.l4 || (pkt.tprot !== IPPROTO_TCP && pkt.tprot !== IPPROTO_UDP))
      return 'neither TCP nor UDP';
    const length = pkt.tprot === IPPROTO_TCP ? TCP_HEADER : UDP_HEADER;
    return pkt.transport + length > pkt.end ? 'short packet' : '';
  }

  #find(regs: Registers, pkt: PktInfo): Socket | null {
    if (this.#unfit(pkt) !== '') return null;
    const port = this.#port > 0 ? regs[this.#port]! >>> 16 : 0;
    this.#target.fill(0);
    const length = pkt.pf === Nfproto.ip6 ? 16 : 4;
    if (this.#address > 0) wordsToBytes(regs, this.#address, this.#target, 0, length);
    return socketFor(this.#env, pkt, this.#target, port);
  }

  why(regs: Registers, pkt: PktInfo): string {
    const unfit = this.#unfit(pkt);
    if (unfit !== '') return unfit;
    return this.#find(regs, pkt) === null
      ? `no socket listens there`
      : 'the socket that listens there is not transparent';
  }

  validate(base: Chain): void {
    requireHooks(base, ['prerouting'], 'tproxy');
  }
}

export function prepareTproxy(expr: TproxyExpr, cx: Prepare): Op {
  const { family, regAddr, regPort } = expr;
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `tproxy is not for family ${cx.family}`);
  if (cx.family !== 'inet' && family !== cx.family)
    refuse('EINVAL', `tproxy for ${family} in a table of family ${cx.family}`);
  if (regAddr === undefined && regPort === undefined)
    refuse('EINVAL', 'tproxy needs an address or a port');
  if (regAddr !== undefined && family === 'unspec')
    refuse('EINVAL', 'tproxy with an address must say its family');
  const address = regAddr === undefined ? 0 : spanOf(regAddr, family === 'ip6' ? 16 : 4);
  const port = regPort === undefined ? 0 : spanOf(regPort, 2);
  if (address > 0) requireSet(cx, address, family === 'ip6' ? 16 : 4);
  if (port > 0) requireSet(cx, port, 2);
  return new Tproxy(expr, address, port, cx.env);
}
