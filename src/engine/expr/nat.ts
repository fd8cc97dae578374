// nat, masq and redir: address translation, net/netfilter/nft_nat.c, nft_masq.c and nft_redir.c.
// They only say what is wanted; the binding is made by what stands behind `Translator`.

import { Nfproto } from '../../core/index.ts';
import type { HookName, MasqExpr, NatExpr, RedirExpr, Register } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf, wordsToBytes } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import type { NatRange, Translator } from '../translator.ts';
import {
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NETMAP,
  NF_NAT_RANGE_PROTO_SPECIFIED,
} from '../translator.ts';
import { NF_DROP, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireSet } from './require.ts';
import { requireHooks, requireType } from './validate.ts';

/** NF_NAT_RANGE_MASK: the flags there are. */
const NF_NAT_RANGE_MASK = 0x7f;
const SNAT_HOOKS: readonly HookName[] = ['postrouting', 'input'];
const DNAT_HOOKS: readonly HookName[] = ['prerouting', 'output'];

const emptyRange = (flags: number): NatRange => ({
  flags,
  minAddr: new Uint8Array(16),
  maxAddr: new Uint8Array(16),
  minProto: 0,
  maxProto: 0,
});

/** Checks a register that may be absent; 0 means that it is. */
function optional(register: Register | undefined, bytes: number, cx: Prepare): number {
  if (register === undefined) return 0;
  const at = spanOf(register, bytes);
  requireSet(cx, at, bytes);
  return at;
}

interface Ports {
  readonly min: number;
  readonly max: number;
}

/** nft_nat_setup_proto(): an absent maximum is the minimum. */
function setPorts(range: NatRange, ports: Ports, regs: Registers): void {
  if (ports.min === 0) return;
  range.minProto = regs[ports.min]! >>> 16;
  range.maxProto = regs[ports.max]! >>> 16;
}

function portsOf(expr: NatExpr | MasqExpr | RedirExpr, cx: Prepare): Ports {
  const min = optional(expr.regProtoMin, 2, cx);
  const max = optional(expr.regProtoMax, 2, cx) || min;
  if (min === 0 && max !== 0) refuse('EINVAL', 'a last port without a first');
  return { min, max };
}

class Nat extends BaseOp<NatExpr> {
  readonly #nat: Translator;
  readonly #family: number;
  readonly #from: number;
  readonly #to: number;
  readonly #ports: Ports;
  readonly #range: NatRange;

  constructor(expr: NatExpr, nat: Translator, from: number, to: number, ports: Ports) {
    super(expr);
    this.#nat = nat;
    this.#family = Nfproto[expr.family];
    this.#from = from;
    this.#to = to;
    this.#ports = ports;
    const mapped = from > 0 ? NF_NAT_RANGE_MAP_IPS : 0;
    const ported = ports.min > 0 ? NF_NAT_RANGE_PROTO_SPECIFIED : 0;
    this.#range = emptyRange(expr.flags | mapped | ported);
  }

  eval(regs: Registers, pkt: PktInfo): number {
    // nft_nat_inet_eval(): in family inet the rule is for one of the two.
    if (pkt.pf !== this.#family) return NFT_CONTINUE;
    const range = this.#range;
    if (this.#from > 0) {
      const length = this.#family === Nfproto.ip ? 4 : 16;
      wordsToBytes(regs, this.#from, range.minAddr, 0, length);
      wordsToBytes(regs, this.#to, range.maxAddr, 0, length);
      if ((this.expr.flags & NF_NAT_RANGE_NETMAP) !== 0) this.#netmap(pkt, length);
    }
    setPorts(range, this.#ports, regs);
    return this.#nat.setup(pkt.packet, this.expr.type === 'snat' ? 'src' : 'dst', range);
  }

  /** nft_nat_setup_netmap(): the prefix is exchanged, the host part stays. */
  #netmap(pkt: PktInfo, length: number): void {
    const { minAddr, maxAddr } = this.#range;
    const addresses = pkt.network + (length === 4 ? 12 : 8);
    const at = this.expr.type === 'snat' ? addresses : addresses + length;
    for (let i = 0; i < length; i++) {
      const hostBits = minAddr[i]! ^ maxAddr[i]!;
      const mapped = (minAddr[i]! & ~hostBits) | (pkt.bytes[at + i]! & hostBits);
      minAddr[i] = mapped;
      maxAddr[i] = mapped;
    }
  }

  validate(base: Chain): void {
    requireType(base, 'nat', this.expr.type);
    requireHooks(base, this.expr.type === 'snat' ? SNAT_HOOKS : DNAT_HOOKS, this.expr.type);
  }
}

class Masq extends BaseOp<MasqExpr> {
  readonly #nat: Translator;
  readonly #ports: Ports;
  readonly #range: NatRange;

  constructor(expr: MasqExpr, nat: Translator, ports: Ports) {
    super(expr);
    this.#nat = nat;
    this.#ports = ports;
    const ported = ports.min > 0 ? NF_NAT_RANGE_PROTO_SPECIFIED : 0;
    this.#range = emptyRange(expr.flags | ported);
  }

  eval(regs: Registers, pkt: PktInfo): number {
    setPorts(this.#range, this.#ports, regs);
    if (pkt.out === null) return NF_DROP;
    return this.#nat.masquerade(pkt.packet, pkt.out, this.#range);
  }

  validate(base: Chain): void {
    requireType(base, 'nat', 'masquerade');
    requireHooks(base, ['postrouting'], 'masquerade');
  }
}

class Redir extends BaseOp<RedirExpr> {
  readonly #nat: Translator;
  readonly #ports: Ports;
  readonly #range: NatRange;

  constructor(expr: RedirExpr, nat: Translator, ports: Ports) {
    super(expr);
    this.#nat = nat;
    this.#ports = ports;
    const ported = ports.min > 0 ? NF_NAT_RANGE_PROTO_SPECIFIED : 0;
    this.#range = emptyRange(expr.flags | ported);
  }

  eval(regs: Registers, pkt: PktInfo): number {
    setPorts(this.#range, this.#ports, regs);
    return this.#nat.redirect(pkt.packet, pkt.point.hook, pkt.in, this.#range);
  }

  validate(base: Chain): void {
    requireType(base, 'nat', 'redirect');
    requireHooks(base, DNAT_HOOKS, 'redirect');
  }
}

function checkFamily(cx: Prepare, flags: number, what: string): void {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `${what} is not for family ${cx.family}`);
  if ((flags & ~NF_NAT_RANGE_MASK) !== 0) refuse('EOPNOTSUPP', `unknown ${what} flags ${flags}`);
}

const NO_NAT = 'no address translation';

export function prepareNat(expr: NatExpr, cx: Prepare): Op {
  checkFamily(cx, expr.flags, expr.type);
  if (cx.family !== 'inet' && cx.family !== expr.family)
    refuse('EOPNOTSUPP', `${expr.type} to ${expr.family} in a table of family ${cx.family}`);
  const length = expr.family === 'ip' ? 4 : 16;
  const from = optional(expr.regAddrMin, length, cx);
  const to = optional(expr.regAddrMax, length, cx) || from;
  const ports = portsOf(expr, cx);
  if ((expr.flags & NF_NAT_RANGE_NETMAP) !== 0 && from === 0)
    refuse('EINVAL', 'a prefix mapping without a prefix');
  const { translator } = cx.env;
  return translator === null
    ? new Opaque(expr, NO_NAT, cx)
    : new Nat(expr, translator, from, to, ports);
}

export function prepareMasq(expr: MasqExpr, cx: Prepare): Op {
  checkFamily(cx, expr.flags, 'masquerade');
  const ports = portsOf(expr, cx);
  const { translator } = cx.env;
  return translator === null ? new Opaque(expr, NO_NAT, cx) : new Masq(expr, translator, ports);
}

export function prepareRedir(expr: RedirExpr, cx: Prepare): Op {
  checkFamily(cx, expr.flags, 'redirect');
  const ports = portsOf(expr, cx);
  const { translator } = cx.env;
  return translator === null ? new Opaque(expr, NO_NAT, cx) : new Redir(expr, translator, ports);
}
