// All datagrams in pieces of one namespace: queues by key, time and memory.

import type { Packet } from '../core/index.ts';
import { HEADROOM, NS_PER_SECOND } from '../core/index.ts';
import type { Fragment } from './frag-queue.ts';
import { FragQueue } from './frag-queue.ts';
import { expire4, queue4 } from './reassemble4.ts';
import { expire6, queue6 } from './reassemble6.ts';
import type { Stack } from './stack.ts';

/** Who reassembles: enum ip_defrag_users. Fragments of different users never meet. */
export const DEFRAG_LOCAL = 'local';

/** What struct sk_buff and its shared info take beside the bytes. */
const TRUESIZE = 768;
/** Sources whose fragments are counted at once. */
const PEERS = 1 << 16;

const USER_HOOKS: Readonly<Record<string, string>> = { prerouting: 'in', output: 'out' };
export const conntrackUser = (hook: string, zone: number): string =>
  `ct-${USER_HOOKS[hook] ?? hook}-${zone}`;

export class Reassemblies {
  readonly stack: Stack;
  readonly #queues = new Map<string, FragQueue>();
  /** Fragments ever received from a source (struct inet_peer, rid). */
  readonly #received = new Map<number, number>();
  #memory = 0;

  constructor(stack: Stack) {
    this.stack = stack;
  }

  get size(): number {
    return this.#queues.size;
  }

  /** True when the packet is whole now; else it is kept or gone. */
  deliver4(packet: Packet): boolean {
    return queue4(this, packet, DEFRAG_LOCAL);
  }

  deliver6(packet: Packet): boolean {
    return queue6(this, packet, DEFRAG_LOCAL) === 'whole';
  }

  /** inet_frag_find(): null when memory is used up. */
  find(key: string, family: 'ip' | 'ip6', user: string): FragQueue | null {
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    if (this.#memory > this.#limit(family, user)) return null;
    const queue = new FragQueue(key);
    this.#queues.set(key, queue);
    this.startTimer(queue, family, user);
    return queue;
  }

  startTimer(queue: FragQueue, family: 'ip' | 'ip6', user: string): void {
    queue.timer?.cancel();
    const expire = family === 'ip' ? expire4 : expire6;
    queue.timer = this.stack.netns.clock.after(this.#timeout(family, user), () => {
      expire(this, queue, user);
      this.stack.drain();
    });
  }

  #timeout(family: 'ip' | 'ip6', user: string): number {
    if (family === 'ip') return this.stack.sysctl('net.ipv4.ipfrag_time', 30) * NS_PER_SECOND;
    const name =
      user === DEFRAG_LOCAL ? 'net.ipv6.ip6frag_time' : 'net.netfilter.nf_conntrack_frag6_timeout';
    return this.stack.sysctl(name, 60) * NS_PER_SECOND;
  }

  #limit(family: 'ip' | 'ip6', user: string): number {
    const name =
      family === 'ip'
        ? 'net.ipv4.ipfrag_high_thresh'
        : user === DEFRAG_LOCAL
          ? 'net.ipv6.ip6frag_high_thresh'
          : 'net.netfilter.nf_conntrack_frag6_high_thresh';
    return this.stack.sysctl(name, 4 * 1024 * 1024);
  }

  charge(queue: FragQueue, packet: Packet): void {
    const bytes = packet.length + TRUESIZE;
    queue.memory += bytes;
    this.#memory += bytes;
  }

  /** inet_frag_kill(). */
  kill(queue: FragQueue): void {
    queue.timer?.cancel();
    queue.timer = null;
    this.#memory -= queue.memory;
    queue.memory = 0;
    this.#queues.delete(queue.key);
  }

  /** ip_frag_reinit(): starts over with the same identification. */
  restart(queue: FragQueue): void {
    this.#memory -= queue.memory;
    queue.clear();
  }

  /** How many fragments `source` has sent, this one included. */
  countFrom(source: number): number {
    if (this.#received.size >= PEERS) this.#received.clear();
    const count = (this.#received.get(source) ?? 0) + 1;
    this.#received.set(source, count);
    return count;
  }
}

/** Copies what skb_morph() would: the whole takes after its first fragment. */
function takeAfter(packet: Packet, head: Packet): void {
  packet.mark = head.mark;
  packet.priority = head.priority;
  packet.pktType = head.pktType;
  packet.nftrace = head.nftrace;
  packet.secmark = head.secmark;
  packet.vlanTci = head.vlanTci;
  packet.vlanProto = head.vlanProto;
  packet.ctinfo = head.ctinfo;
  packet.sk = head.sk;
  packet.optionSlot = head.optionSlot;
  if (packet.bridge === null || head.bridge === null) return;
  packet.bridge.physIn = head.bridge.physIn;
  packet.bridge.otherHost = head.bridge.otherHost;
  packet.bridge.encapsulation = head.bridge.encapsulation;
}

/**
 * Builds the whole datagram in `packet`, the fragment that came last: link and network header of the
 * first fragment up to `headerEnd`, then all payloads.
 */
export function assemble(
  packet: Packet,
  fragments: readonly Fragment[],
  headerEnd: number,
  length: number,
): void {
  const head = fragments[0]!.packet;
  const start = head.mac >= 0 ? head.mac : head.network;
  const buf = new Uint8Array(HEADROOM + headerEnd - start + length);
  buf.set(head.buf.subarray(start, headerEnd), HEADROOM);
  let at = HEADROOM + headerEnd - start;
  for (const { packet: one, at: from, length: bytes } of fragments) {
    buf.set(one.buf.subarray(from, from + bytes), at);
    at += bytes;
  }
  const network = HEADROOM + head.network - start;
  const hasLink = head.mac >= 0;
  takeAfter(packet, head);
  packet.buf = buf;
  packet.mac = hasLink ? HEADROOM : -1;
  packet.network = network;
  packet.transport = network;
  packet.end = at;
  packet.dissected = false;
  packet.fragLengths = fragments.map((one) => one.length);
}
