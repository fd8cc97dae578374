// How many ICMP messages may leave: a token bucket for all, and one per destination
// (net/ipv4/icmp.c, icmp_global_allow(); net/ipv4/inetpeer.c, inet_peer_xrlim_allow()).

import type { Netns } from '../core/index.ts';
import { NS_PER_MS } from '../core/index.ts';

/** Packets a peer may get at once after a pause. */
const XRLIM_BURST_FACTOR = 6;
/** A new peer starts with what a minute of silence earns. */
const HEAD_START_MS = 60_000;
/** inet_peer_threshold is 65536 and some; old ones are forgotten all at once here. */
const PEERS = 1 << 16;

interface Peer {
  tokens: number;
  last: number;
  redirects: number;
}

export class RateLimits {
  readonly #netns: Netns;
  readonly #peers = new Map<string, Peer>();
  #credit = 0;
  #stamp = -1000;

  constructor(netns: Netns) {
    this.#netns = netns;
  }

  /** Milliseconds; the kernel counts jiffies. */
  #now(): number {
    return Math.floor(this.#netns.clock.now() / NS_PER_MS);
  }

  #peer(key: string): Peer {
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      if (this.#peers.size >= PEERS) this.#peers.clear();
      peer = { tokens: 0, last: this.#now() - HEAD_START_MS, redirects: 0 };
      this.#peers.set(key, peer);
    }
    return peer;
  }

  /** True while the bucket of all ICMP messages is not empty. */
  globalAllow(): boolean {
    if (this.#credit > 0) return true;
    return this.#refill() > 0;
  }

  #refill(): number {
    const rate = this.#netns.sysctlOr('net.ipv4.icmp_msgs_per_sec', 1000);
    const burst = this.#netns.sysctlOr('net.ipv4.icmp_msgs_burst', 50);
    const now = this.#now();
    const delta = Math.min(now - this.#stamp, 1000);
    // Refilled fifty times a second at most.
    if (delta < 20) return this.#credit;
    const earned = Math.floor((rate * delta) / 1000);
    if (earned === 0) return this.#credit;
    this.#stamp = now;
    this.#credit = Math.min(this.#credit + earned, burst);
    return this.#credit;
  }

  /** icmp_global_consume(): one on average, so that nobody can count them from outside. */
  globalConsume(): void {
    this.#credit = Math.max(0, this.#credit - this.#netns.random.below(3));
  }

  /** inet_peer_xrlim_allow(). @param timeout milliseconds a message costs */
  peerAllow(key: string, timeout: number): boolean {
    const peer = this.#peer(key);
    const now = this.#now();
    if (now !== peer.last) {
      const earned = peer.tokens + (now - peer.last);
      peer.last = now;
      peer.tokens = Math.min(earned, XRLIM_BURST_FACTOR * timeout);
    }
    if (peer.tokens < timeout) return false;
    peer.tokens -= timeout;
    return true;
  }

  /** ip_error(): five at once, then one a second, out of the same bucket. */
  routeErrorAllow(key: string): boolean {
    const burst = this.#netns.sysctlOr('net.ipv4.route.error_burst', 5000);
    const cost = this.#netns.sysctlOr('net.ipv4.route.error_cost', 1000);
    const peer = this.#peer(key);
    const now = this.#now();
    peer.tokens = Math.min(peer.tokens + now - peer.last, burst);
    peer.last = now;
    if (peer.tokens < cost) return false;
    peer.tokens -= cost;
    return true;
  }

  /** ip_rt_send_redirect(): each takes twice as long as the one before, until there is silence. */
  redirectAllow(key: string, number: number, load: number, silence: number): boolean {
    const peer = this.#peer(key);
    const now = this.#now();
    if (now > peer.last + silence) {
      peer.tokens = 0;
      peer.redirects = 0;
    }
    if (peer.redirects >= number) {
      peer.last = now;
      return false;
    }
    if (peer.redirects > 0 && now <= peer.last + (load << peer.redirects)) return false;
    peer.last = now;
    peer.redirects++;
    return true;
  }
}
