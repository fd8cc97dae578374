// The SYN proxy of a namespace (net/netfilter/nf_synproxy_core.c): it answers a SYN with a cookie, opens
// the connection to the server once the client has sent the cookie back, and from then on moves the
// numbers of one side to those the other knows.

import { put16, put32, u16, u32, updateChecksum32 } from '../../bytes/index.ts';
import type { Conntrack, SynproxySide } from '../../conntrack/index.ts';
import { beginAdjusted, directionOf, IPCT_SEQADJ, IPCT_SYNPROXY } from '../../conntrack/index.ts';
import type { HookEntry, Netns, Packet, Verdict } from '../../core/index.ts';
import {
  ACCEPT,
  DROP,
  dissectNetwork,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  NF_IP_PRI_CONNTRACK_CONFIRM,
  STOLEN,
} from '../../core/index.ts';
import {
  ARPHRD_LOOPBACK,
  ETH_P_IPV6,
  IPPROTO_TCP,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_SYN_RECV,
  TCP_CONNTRACK_SYN_SENT,
  TCPHDR_ACK,
  TCPHDR_CWR,
  TCPHDR_ECE,
  TCPHDR_RST,
  TCPHDR_SYN,
} from '../../uapi/index.ts';
import { Cookies } from './cookie.ts';
import {
  buildOptions,
  makeTimestampCookie,
  moveTimestamp,
  OPT_ECN,
  OPT_MSS,
  OPT_SACK_PERM,
  OPT_TIMESTAMP,
  OPT_WSCALE,
  parseOptions,
  readTimestampCookie,
  type SynOptions,
} from './options.ts';

const TCP_HEADER = 20;
const CHECK = 16;
const NS_PER_MS = 1e6;
const NS_PER_MINUTE = 60e9;

/** struct nf_synproxy_info: what the rule says of the server. */
export interface SynproxyInfo {
  readonly mss: number;
  readonly wscale: number;
  readonly options: number;
}

/** A segment to send: fields of its header, in the direction of the packet it answers or against it. */
interface Segment {
  readonly back: boolean;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly options: SynOptions;
  readonly ct: number;
  readonly ctinfo: number;
  readonly what: string;
}

const flagsOf = ({ buf, transport }: Packet): number => buf[transport + 13]!;
const seqOf = ({ buf, transport }: Packet): number => u32(buf, transport + 4);
const ackOf = ({ buf, transport }: Packet): number => u32(buf, transport + 8);
const windowOf = ({ buf, transport }: Packet): number => u16(buf, transport + 14);
const isV6 = (packet: Packet): boolean => packet.protocol === ETH_P_IPV6;

export class Synproxy {
  readonly #netns: Netns;
  readonly #conntrack: Conntrack;
  readonly #cookies: Cookies;
  readonly #enabled = new Map<'ip' | 'ip6', readonly (() => void)[]>();

  constructor(netns: Netns, conntrack: Conntrack) {
    this.#netns = netns;
    this.#conntrack = conntrack;
    this.#cookies = new Cookies(netns.random);
  }

  /**
   * Registers the hooks of a family, or takes them away (nf_synproxy_ipv4_init(), _fini()): there while a
   * rule or object is that needs them.
   */
  enable(family: 'ip' | 'ip6', on: boolean): void {
    if (on === this.#enabled.has(family)) return;
    for (const undo of this.#enabled.get(family) ?? []) undo();
    this.#enabled.delete(family);
    if (!on) return;
    const { hooks } = this.#netns;
    const entry: HookEntry = {
      kind: 'implicit',
      name: 'synproxy',
      priority: NF_IP_PRI_CONNTRACK_CONFIRM - 1,
      run: (packet) => this.#hook(packet),
    };
    this.#enabled.set(family, [
      hooks.register(family, 'input', entry),
      hooks.register(family, 'postrouting', entry),
    ]);
  }

  get #minutes(): number {
    return Math.floor(this.#netns.clock.now() / NS_PER_MINUTE);
  }

  /** synproxy_send_client_synack(): a SYN is answered with a cookie. */
  answer(packet: Packet, opts: SynOptions, info: SynproxyInfo): void {
    if ((flagsOf(packet) & (TCPHDR_ECE | TCPHDR_CWR)) === (TCPHDR_ECE | TCPHDR_CWR))
      opts.options |= OPT_ECN;
    opts.options &= info.options;
    const { mss } = opts;
    opts.mss = info.mss;
    if ((opts.options & OPT_TIMESTAMP) !== 0)
      makeTimestampCookie(opts, Math.floor(this.#netns.clock.now() / NS_PER_MS), info.wscale);
    else opts.options &= ~(OPT_WSCALE | OPT_SACK_PERM | OPT_ECN);
    const { buf: bytes, network, transport } = packet;
    const flow = { bytes, network, transport, v6: isV6(packet) };
    this.#send(packet, {
      back: true,
      seq: this.#cookies.make(flow, mss, this.#minutes),
      ack: seqOf(packet) + 1,
      flags: TCPHDR_SYN | TCPHDR_ACK | ((opts.options & OPT_ECN) !== 0 ? TCPHDR_ECE : 0),
      window: 0,
      options: opts,
      ct: packet.ct,
      ctinfo: IP_CT_ESTABLISHED_REPLY,
      what: 'tcp syn,ack with a cookie',
    });
  }

  /**
   * synproxy_recv_client_ack(): the client has sent a cookie back, so the server is asked. False where
   * it is none of ours.
   * @param seq the client's first sequence number and one
   */
  accept(packet: Packet, opts: SynOptions, seq: number): boolean {
    const { buf: bytes, network, transport } = packet;
    const mss = this.#cookies.check({ bytes, network, transport, v6: isV6(packet) }, this.#minutes);
    if (mss === 0) return false;
    opts.mss = mss;
    opts.options |= OPT_MSS;
    if ((opts.options & OPT_TIMESTAMP) !== 0) readTimestampCookie(opts);
    this.#send(packet, {
      back: false,
      seq: seq - 1,
      // Tells our own hook, once there is an entry, what the client was told.
      ack: ackOf(packet) - 1,
      flags: TCPHDR_SYN | ((opts.options & OPT_ECN) !== 0 ? TCPHDR_ECE | TCPHDR_CWR : 0),
      window: windowOf(packet),
      options: opts,
      ct: this.#conntrack.synproxyTemplate(),
      ctinfo: IP_CT_NEW,
      what: 'tcp syn to the server',
    });
    return true;
  }

  /** ipv4_synproxy_hook() and ipv6_synproxy_hook(). */
  #hook(packet: Packet): Verdict {
    const side = packet.ct === 0 ? null : this.#conntrack.synproxy(packet.ct);
    if (side === null || packet.iif?.type === ARPHRD_LOOPBACK) return ACCEPT;
    dissectNetwork(packet);
    if (packet.l4proto !== IPPROTO_TCP) return ACCEPT;
    if (packet.transport + TCP_HEADER > packet.end) return DROP;
    const verdict = this.#byState(packet, side);
    if (verdict !== ACCEPT) return verdict;
    if (side.tsoff !== 0) this.#moveTimestamp(packet, side);
    return ACCEPT;
  }

  #byState(packet: Packet, side: SynproxySide): Verdict {
    const original = directionOf(packet.ctinfo) === 0;
    const flags = flagsOf(packet);
    switch (this.#conntrack.protocolState(packet.ct)) {
      case TCP_CONNTRACK_CLOSE:
        if ((flags & TCPHDR_RST) !== 0 && !original) {
          this.#adjust(packet, side.isn - seqOf(packet) + 1);
          return ACCEPT;
        }
        if (!original || (flags & (TCPHDR_SYN | TCPHDR_ACK)) !== TCPHDR_SYN) return ACCEPT;
        side.tsoff = 0;
        return this.#opening(packet, side, original);
      case TCP_CONNTRACK_SYN_SENT:
        return this.#opening(packet, side, original);
      case TCP_CONNTRACK_SYN_RECV: {
        const both = TCPHDR_SYN | TCPHDR_ACK;
        return (flags & both) === both ? this.#opened(packet, side) : ACCEPT;
      }
      default:
        return ACCEPT;
    }
  }

  #opening(packet: Packet, side: SynproxySide, original: boolean): Verdict {
    const opts = parseOptions(packet.buf, packet.transport, packet.end);
    if (opts === undefined) return DROP;
    const flags = flagsOf(packet) & (TCPHDR_SYN | TCPHDR_ACK);
    // A keep-alive is one before what comes next (RFC 9293 §3.8.4), and so is the client's cookie again.
    if (flags === TCPHDR_ACK && original)
      return this.accept(packet, opts, seqOf(packet) + 1) ? STOLEN : DROP;
    side.isn = ackOf(packet);
    if ((opts.options & OPT_TIMESTAMP) !== 0) side.its = opts.tsecr;
    this.#conntrack.store.cacheEvent(packet.ct, IPCT_SYNPROXY);
    return ACCEPT;
  }

  /** The server has answered: both sides are told, and its numbers are moved from now on. */
  #opened(packet: Packet, side: SynproxySide): Verdict {
    const opts = parseOptions(packet.buf, packet.transport, packet.end);
    if (opts === undefined) return DROP;
    if ((opts.options & OPT_TIMESTAMP) !== 0) {
      side.tsoff = (opts.tsval - side.its) >>> 0;
      this.#conntrack.store.cacheEvent(packet.ct, IPCT_SYNPROXY);
    }
    opts.options &= ~(OPT_MSS | OPT_WSCALE | OPT_SACK_PERM);
    this.#send(packet, {
      back: true,
      seq: ackOf(packet),
      ack: seqOf(packet) + 1,
      flags: TCPHDR_ACK,
      window: this.#conntrack.tcpWindow(packet.ct, 0),
      options: { ...opts, tsval: opts.tsecr, tsecr: opts.tsval },
      ct: 0,
      ctinfo: 0,
      what: 'tcp ack to the server',
    });
    this.#adjust(packet, side.isn - seqOf(packet));
    this.#conntrack.store.cacheEvent(packet.ct, IPCT_SEQADJ);
    this.#send(packet, {
      back: false,
      seq: seqOf(packet) + 1,
      ack: ackOf(packet),
      flags: TCPHDR_ACK,
      window: windowOf(packet) >>> opts.wscale,
      options: opts,
      ct: packet.ct,
      ctinfo: IP_CT_ESTABLISHED_REPLY,
      what: 'tcp ack to the client',
    });
    return STOLEN;
  }

  #adjust(packet: Packet, offset: number): void {
    beginAdjusted(this.#conntrack.store, packet.ct, directionOf(packet.ctinfo), offset | 0);
  }

  #moveTimestamp({ buf, transport, ctinfo }: Packet, { tsoff }: SynproxySide): void {
    moveTimestamp(buf, transport, directionOf(ctinfo) === 1, tsoff, (before, after) => {
      put16(buf, transport + CHECK, updateChecksum32(u16(buf, transport + CHECK), before, after));
    });
  }

  #send(packet: Packet, segment: Segment): void {
    const { buf, network, transport } = packet;
    const options = buildOptions(segment.options);
    const bytes = new Uint8Array(TCP_HEADER + options.length);
    const [length, source, destination] = isV6(packet) ? [16, 8, 24] : [4, 12, 16];
    const address = (at: number): Uint8Array => buf.slice(network + at, network + at + length);
    put16(bytes, segment.back ? 2 : 0, u16(buf, transport));
    put16(bytes, segment.back ? 0 : 2, u16(buf, transport + 2));
    put32(bytes, 4, segment.seq);
    put32(bytes, 8, segment.ack);
    bytes[12] = (bytes.length >> 2) << 4;
    bytes[13] = segment.flags;
    put16(bytes, 14, segment.window);
    bytes.set(options, TCP_HEADER);
    this.#netns.network?.sendSegment({
      source: address(segment.back ? destination : source),
      destination: address(segment.back ? source : destination),
      bytes,
      cause: packet,
      ct: segment.ct,
      ctinfo: segment.ctinfo,
      what: segment.what,
    });
  }
}
