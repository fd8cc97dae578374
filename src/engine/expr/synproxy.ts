// synproxy: answers for a server until the client has shown that it is there, net/netfilter/
// nft_synproxy.c.

import { u32 } from '../../bytes/index.ts';
import { l4ChecksumOk } from '../../conntrack/index.ts';
import type { ObjectData, SynproxyExpr } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Env, Op, Prepare } from '../op.ts';
import { BaseOp } from '../op.ts';
import type { PktInfo } from '../pktinfo.ts';
import { ETH_P_IP, ETH_P_IPV6 } from '../pktinfo.ts';
import type { Registers } from '../registers.ts';
import type { Chain } from '../state/chain.ts';
import type { ObjectBody } from '../state/objects.ts';
import { parseOptions, type SynproxyInfo } from '../synproxy/index.ts';
import { NF_DROP, NF_STOLEN, NFT_BREAK, NFT_CONTINUE } from '../verdict.ts';
import { requireHooks } from './validate.ts';

const IPPROTO_TCP = 6;
const TCP_HEADER = 20;
const [FIN, SYN, RST, ACK] = [0x01, 0x02, 0x04, 0x10];
/** NF_SYNPROXY_OPT_MASK. */
const OPTIONS = 0x1f;

/** What of the flags decides: nf_tables looks at one, xtables at all four. */
export type SynproxyFlags = (flags: number) => number;
const oneFlag: SynproxyFlags = (flags) => ((flags & SYN) !== 0 ? SYN : flags & ACK);
export const allFlags: SynproxyFlags = (flags) => flags & (FIN | SYN | RST | ACK);

/** nft_synproxy_do_eval(), and synproxy_tg4() and synproxy_tg6() of xtables. */
export function evaluate(pkt: PktInfo, env: Env, info: SynproxyInfo, look = oneFlag): number {
  const { packet, transport, end } = pkt;
  if (pkt.tprot !== IPPROTO_TCP || !pkt.l4) return NFT_BREAK;
  const synproxy = env.synproxy;
  const ours = packet.protocol === ETH_P_IP || packet.protocol === ETH_P_IPV6;
  if (ours && !l4ChecksumOk(packet, IPPROTO_TCP)) return NF_DROP;
  if (transport + TCP_HEADER > end) return NF_DROP;
  const options = parseOptions(pkt.bytes, transport, end);
  if (options === undefined) return NF_DROP;
  if (synproxy === null || !ours) return NFT_BREAK;
  const flags = look(pkt.bytes[transport + 13]!);
  if (flags === SYN) {
    synproxy.answer(packet, options, info);
    return NF_STOLEN;
  }
  if (flags !== ACK) return NFT_CONTINUE;
  return synproxy.accept(packet, options, u32(pkt.bytes, transport + 4)) ? NF_STOLEN : NF_DROP;
}

class SynproxyOp extends BaseOp<SynproxyExpr> {
  readonly #env: Env;
  readonly #info: SynproxyInfo;

  constructor(expr: SynproxyExpr, env: Env) {
    super(expr);
    this.#env = env;
    this.#info = { mss: expr.mss, wscale: expr.wscale, options: expr.flags };
  }

  eval(_regs: Registers, pkt: PktInfo): number {
    return evaluate(pkt, this.#env, this.#info);
  }

  why(): string {
    return 'not TCP';
  }

  validate(base: Chain): void {
    requireHooks(base, ['input', 'forward'], 'synproxy');
  }
}

export function prepareSynproxy(expr: SynproxyExpr, cx: Prepare): Op {
  if ((expr.flags & ~OPTIONS) !== 0) refuse('EOPNOTSUPP', `unknown synproxy flags ${expr.flags}`);
  return new SynproxyOp(expr, cx.env);
}

/** A named synproxy, which can be changed while rules refer to it. */
export function synproxyObject(
  data: Extract<ObjectData, { kind: 'synproxy' }>,
  env: Env,
): ObjectBody {
  if ((data.flags & ~OPTIONS) !== 0) refuse('EOPNOTSUPP', `unknown synproxy flags ${data.flags}`);
  let now = data;
  return {
    eval: (_regs, pkt) =>
      evaluate(pkt, env, { mss: now.mss, wscale: now.wscale, options: now.flags }),
    dump: () => now,
    update: (changed) => {
      if (changed.kind !== 'synproxy') return false;
      now = changed;
      return true;
    },
  };
}
