// nat, masq and redir: address translation, net/netfilter/nft_nat.c, nft_masq.c and nft_redir.c.
// They only say what is wanted; room nat makes the binding.

import type { Verdict } from '../../core/index.ts';
import { ACCEPT, Nfproto } from '../../core/index.ts';
import type { Nat } from '../../nat/index.ts';
import {
  NatRange,
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
  NF_NAT_RANGE_MAP_IPS,
  NF_NAT_RANGE_NETMAP,
} from '../../nat/index.ts';
import type { HookName, MasqExpr, NatExpr, RedirExpr, Register } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import { spanOf } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import { NF_ACCEPT, NF_DROP, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { Opaque } from './opaque.ts';
import { requireSet } from './require.ts';
import { requireHooks, requireType } from './validate.ts';

/** NF_NAT_RANGE_MASK: the flags there are. */
const NF_NAT_RANGE_MASK = 0x7f;
const SNAT_HOOKS: readonly HookName[] = ['postrouting', 'input'];
const DNAT_HOOKS: readonly HookName[] = ['prerouting', 'output'];

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
  if (ports.min > 0) range.setPorts(regs[ports.min]! >>> 16, regs[ports.max]! >>> 16);
}

/** A binding's verdict ends the chain: nothing behind it may bind the connection again. */
const codeOf = (verdict: Verdict): number => (verdict === ACCEPT ? NF_ACCEPT : NF_DROP);

function portsOf(expr: NatExpr | MasqExpr | RedirExpr, cx: Prepare): Ports {
  const min = optional(expr.regProtoMin, 2, cx);
  const max = optional(expr.regProtoMax, 2, cx) || min;
  if (min === 0 && max !== 0) refuse('EINVAL', 'a last port without a first');
  return { min, max };
}

/** nft_nat_validate(), nft_masq_validate() and nft_redir_validate(). */
function validateNat(expr: NatExpr | MasqExpr | RedirExpr, base: Chain): void {
  const what = expr.kind === 'nat' ? expr.type : expr.kind === 'masq' ? 'masquerade' : 'redirect';
  requireType(base, 'nat', what);
  if (what === 'masquerade') requireHooks(base, ['postrouting'], what);
  else requireHooks(base, what === 'snat' ? SNAT_HOOKS : DNAT_HOOKS, what);
}

const withoutNat = (expr: NatExpr | MasqExpr | RedirExpr): Op =>
  new Opaque(expr, 'no address translation', (base) => validateNat(expr, base));

class NatOp extends BaseOp<NatExpr> {
  readonly #nat: Nat;
  readonly #family: number;
  readonly #from: number;
  readonly #to: number;
  readonly #ports: Ports;
  readonly #range = new NatRange();

  constructor(expr: NatExpr, nat: Nat, from: number, to: number, ports: Ports) {
    super(expr);
    this.#nat = nat;
    this.#family = Nfproto[expr.family];
    this.#from = from;
    this.#to = to;
    this.#ports = ports;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    // nft_nat_inet_eval(): in family inet the rule is for one of the two.
    if (pkt.pf !== this.#family) return NFT_CONTINUE;
    if (pkt.packet.ct === 0) return NFT_BREAK;
    const range = this.#range;
    range.clear();
    range.flags = this.expr.flags;
    if (this.#from > 0) this.#setAddresses(regs);
    setPorts(range, this.#ports, regs);
    const manip = this.expr.type === 'snat' ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
    const verdict =
      (range.flags & NF_NAT_RANGE_NETMAP) !== 0
        ? this.#nat.netmap(pkt.packet, range, pkt.point, manip)
        : this.#nat.setupInfo(pkt.packet, range, manip);
    return codeOf(verdict);
  }

  /** Register words are tuple words: both read network order as big-endian numbers. */
  #setAddresses(regs: Registers): void {
    const range = this.#range;
    const words = this.#family === Nfproto.ip ? 1 : 4;
    for (let i = 0; i < words; i++) {
      range.min[i] = regs[this.#from + i]! | 0;
      range.max[i] = regs[this.#to + i]! | 0;
    }
    range.flags |= NF_NAT_RANGE_MAP_IPS;
  }

  why(): string {
    return 'no conntrack entry';
  }

  validate(base: Chain): void {
    validateNat(this.expr, base);
  }
}

/** masquerade and redirect: the address is the device's. */
class DeviceNat extends BaseOp<MasqExpr | RedirExpr> {
  readonly #nat: Nat;
  readonly #ports: Ports;
  readonly #range = new NatRange();

  constructor(expr: MasqExpr | RedirExpr, nat: Nat, ports: Ports) {
    super(expr);
    this.#nat = nat;
    this.#ports = ports;
  }

  eval(regs: Registers, pkt: PktInfo): number {
    const { packet, point } = pkt;
    if (packet.ct === 0) return NFT_BREAK;
    const range = this.#range;
    range.clear();
    range.flags = this.expr.flags;
    setPorts(range, this.#ports, regs);
    return codeOf(
      this.expr.kind === 'masq'
        ? this.#nat.masquerade(packet, range, point)
        : this.#nat.redirect(packet, range, point),
    );
  }

  why(): string {
    return 'no conntrack entry';
  }

  validate(base: Chain): void {
    validateNat(this.expr, base);
  }
}

function checkFamily(cx: Prepare, flags: number, what: string): void {
  if (cx.family !== 'ip' && cx.family !== 'ip6' && cx.family !== 'inet')
    refuse('EOPNOTSUPP', `${what} is not for family ${cx.family}`);
  if ((flags & ~NF_NAT_RANGE_MASK) !== 0) refuse('EOPNOTSUPP', `unknown ${what} flags ${flags}`);
}

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
  const { nat } = cx.env;
  return nat === null ? withoutNat(expr) : new NatOp(expr, nat, from, to, ports);
}

function prepareDeviceNat(expr: MasqExpr | RedirExpr, cx: Prepare): Op {
  checkFamily(cx, expr.flags, expr.kind === 'masq' ? 'masquerade' : 'redirect');
  const ports = portsOf(expr, cx);
  const { nat } = cx.env;
  return nat === null ? withoutNat(expr) : new DeviceNat(expr, nat, ports);
}

export const prepareMasq = (expr: MasqExpr, cx: Prepare): Op => prepareDeviceNat(expr, cx);
export const prepareRedir = (expr: RedirExpr, cx: Prepare): Op => prepareDeviceNat(expr, cx);
