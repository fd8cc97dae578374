// What the tests of this room share: a namespace with connection tracking, and packets in notation.

import type { HookName, Verdict } from '../core/index.ts';
import { ACCEPT, manualClock, Netns, NS_PER_SECOND, Packet, seeded } from '../core/index.ts';
import { isNotationError, parsePacketNotation } from '../packet/index.ts';
import type { Conntrack } from './conntrack.ts';
import { createConntrack } from './conntrack.ts';
import { stateName } from './state.ts';

/** The hooks a packet passes: forwarded, received, made here. */
export type Way = 'forward' | 'in' | 'out';
const HOOKS: Readonly<Record<Way, readonly HookName[]>> = {
  forward: ['prerouting', 'forward', 'postrouting'],
  in: ['prerouting', 'input'],
  out: ['output', 'postrouting'],
};

export class Bed {
  readonly clock = manualClock();
  readonly netns = new Netns({ clock: this.clock, random: seeded(7) });
  readonly ct: Conntrack = createConntrack(this.netns);
  packet = new Packet();

  /** Fills the packet from notation; `change` may damage it afterwards. */
  load(text: string, change?: (packet: Packet) => void): Packet {
    const spec = parsePacketNotation(text);
    if (isNotationError(spec)) throw new Error(`${text}: ${spec.message}`);
    this.packet.fill(spec.bytes, 0);
    change?.(this.packet);
    return this.packet;
  }

  /** Runs the loaded packet through hooks; the last verdict. */
  run(...hooks: readonly HookName[]): Verdict {
    const family = this.packet.buf[this.packet.network]! >>> 4 === 6 ? 'ip6' : 'ip';
    for (const hook of hooks) {
      const verdict = this.netns.hooks.run(this.netns.hooks.point(family, hook), this.packet);
      if (verdict !== ACCEPT) return verdict;
    }
    return ACCEPT;
  }

  /** Sends a packet all the way; what `ct state` calls it, or `drop`. */
  send(text: string, way: Way = 'forward', change?: (packet: Packet) => void): string {
    this.load(text, change);
    const state = this.run(...HOOKS[way].slice(0, 1)) === ACCEPT ? stateName(this.packet) : 'drop';
    if (state === 'drop') return state;
    return this.run(...HOOKS[way].slice(1)) === ACCEPT ? state : 'drop';
  }

  advance(seconds: number): void {
    this.clock.advance(seconds * NS_PER_SECOND);
  }

  sysctl(name: string, value: number): void {
    this.netns.sysctl.set(`net.netfilter.nf_conntrack_${name}`, value);
  }

  /** All entries as `conntrack -L` prints them. */
  list(): string[] {
    return [...this.ct.connections.slots()].map((slot) => this.ct.describe(slot));
  }

  /** The only entry, or an empty line. */
  get line(): string {
    return this.list().join('\n');
  }
}
