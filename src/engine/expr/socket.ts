// socket: what is known of the socket a packet is for, or was sent by, net/netfilter/nft_socket.c.

import type { Socket } from '../../core/index.ts';
import { cgroupAncestor, cgroupId, isFullSocket } from '../../core/index.ts';
import type { SocketExpr } from '../../program/index.ts';
import { HOST32, NETWORK } from '../endianness.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare, Span } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsIn } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { lookUpSocket } from './socket-lookup.ts';
import { requireHooks } from './validate.ts';

const BYTES = { transparent: 1, wildcard: 1, mark: 4, cgroupv2: 8 } as const;
const MAX_LEVEL = 255;

class SocketLoad extends BaseOp<SocketExpr> {
  readonly writes: Span;
  readonly #env: Env;

  constructor(expr: SocketExpr, at: number, env: Env) {
    super(expr);
    this.writes = { word: at, bytes: BYTES[expr.key] };
    this.#env = env;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const socket = pkt.packet.sk ?? lookUpSocket(pkt, this.#env);
    if (socket === null) return NFT_BREAK;
    const { word } = this.writes;
    if (this.expr.key === 'transparent') {
      regs[word] = socket.transparent ? 1 << 24 : 0;
      return NFT_CONTINUE;
    }
    if (!isFullSocket(socket)) return NFT_BREAK;
    switch (this.expr.key) {
      case 'mark':
        regs[word] = socket.mark;
        return NFT_CONTINUE;
      case 'wildcard':
        regs[word] = socket.address.every((byte) => byte === 0) ? 1 << 24 : 0;
        return NFT_CONTINUE;
      case 'cgroupv2':
        return this.#cgroup(regs, socket);
    }
  }

  #cgroup(regs: Registers, socket: Socket): number {
    const group = cgroupAncestor(socket.cgroup, this.expr.level ?? 0);
    if (group === null) return NFT_BREAK;
    regs[this.writes.word] = 0;
    regs[this.writes.word + 1] = cgroupId(group);
    return NFT_CONTINUE;
  }

  why(_regs: Registers, pkt: PktInfo): string {
    const socket = pkt.packet.sk ?? lookUpSocket(pkt, this.#env);
    if (socket === null) return pkt.in === null ? 'it has no socket' : 'no socket here takes it';
    if (!isFullSocket(socket)) return 'of a connection in TIME_WAIT only the addresses are left';
    return `its cgroup /${socket.cgroup} is above level ${this.expr.level ?? 0}`;
  }

  validate(base: Chain): void {
    requireHooks(base, ['prerouting', 'input', 'output'], 'socket');
  }
}

export function prepareSocket(expr: SocketExpr, cx: Prepare): Op {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `socket is not for family ${cx.family}`);
  if (expr.key === 'cgroupv2') {
    if (expr.level === undefined) refuse('EINVAL', 'socket cgroupv2 needs a level');
    if (expr.level > MAX_LEVEL) refuse('EOPNOTSUPP', `cgroup level ${expr.level}`);
  }
  const bytes = BYTES[expr.key];
  const at = spanOf(expr.dreg, bytes);
  cx.endian.mark(at, wordsIn(bytes), bytes === 1 ? NETWORK : HOST32);
  return new SocketLoad(expr, at, cx.env);
}
