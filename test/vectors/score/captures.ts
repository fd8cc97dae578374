// Captures of control connections and of what those announced: each is sent through the hooks of a
// namespace whose rules assign the helper. After the packet that announces, the expectation is there;
// the first packet of the announced flow is RELATED, with the control connection as its master.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { u16 } from '../../../src/bytes/index.ts';
import { networkOf, type PacketRecord, readCapture } from '../../../src/capture/index.ts';
import type { Conntrack } from '../../../src/conntrack/index.ts';
import {
  addressText,
  createConntrack,
  directionOf,
  dstPortOf,
  l4Of,
  stateName,
  T_DST,
} from '../../../src/conntrack/index.ts';
import type { HookName, Verdict } from '../../../src/core/index.ts';
import { ACCEPT, manualClock, Netns, Packet, seeded } from '../../../src/core/index.ts';
import { KERNEL_HELPERS, registerHelpers, sipHelper } from '../../../src/helpers/index.ts';
import { createNat } from '../../../src/nat/index.ts';
import { attempt, type Report, type Suite } from './suite.ts';

interface Announced {
  /** Frames count from 1. */
  readonly pkt: number;
  readonly helper: string;
  readonly proto: 'tcp' | 'udp';
  readonly dst: string;
  readonly port: number;
  readonly cmd: string;
  readonly hit?: number;
}
interface Vector {
  readonly file: string;
  readonly announced: readonly Announced[];
}

/** Where the control connections of each helper go, as in nf_conntrack_*.h. */
const PORTS: Readonly<Record<string, { protocol: number; port: number }>> = {
  ftp: { protocol: 6, port: 21 },
  irc: { protocol: 6, port: 6667 },
  tftp: { protocol: 17, port: 69 },
  sip: { protocol: 17, port: 5060 },
  pptp: { protocol: 6, port: 1723 },
  'Q.931': { protocol: 6, port: 1720 },
  RAS: { protocol: 17, port: 1719 },
};

/** The media gateway of the SIP capture is another machine than its registrar. */
const HELPERS = [
  ...KERNEL_HELPERS.filter(({ name }) => name !== 'sip'),
  sipHelper({ directMedia: false }),
];
const HOOKS: readonly HookName[] = ['prerouting', 'postrouting'];

/** What was seen of one frame: who announces what there, and what it belongs to. */
interface Seen {
  readonly slot: number;
  readonly id: number;
  readonly state: string;
  readonly master: number;
  /** `tcp 10.0.0.1:21` of every expectation there was behind it, and whose it is. */
  readonly expected: ReadonlyMap<string, number>;
}

/** Assigns helpers by port, as a ruleset with a `ct helper set` for each would. */
class Playback {
  readonly #clock = manualClock();
  readonly #netns = new Netns({ clock: this.#clock, random: seeded(1) });
  readonly #ct: Conntrack = createConntrack(this.#netns);
  readonly #packet = new Packet(65536);

  constructor() {
    // Machines that capture their own packets see checksums the device has not made yet.
    this.#netns.sysctl.set('net.netfilter.nf_conntrack_checksum', 0);
    registerHelpers(this.#ct, createNat(this.#netns, this.#ct), HELPERS);
    for (const family of ['ip', 'ip6'] as const)
      this.#netns.hooks.register(family, 'prerouting', {
        kind: 'chain',
        name: 'helpers',
        priority: 0,
        run: (packet) => this.#assign(packet),
      });
  }

  #assign(packet: Packet): Verdict {
    const ct = this.#ct;
    const slot = packet.ct;
    if (slot === 0 || ct.isConfirmed(slot) || directionOf(packet.ctinfo) !== 0) return ACCEPT;
    for (const [name, { protocol, port }] of Object.entries(PORTS))
      if (ct.l4proto(slot) === protocol && ct.destinationPart(slot, 0) === port)
        ct.setHelper(slot, name);
    return ACCEPT;
  }

  frame(linkType: number, bytes: Uint8Array, since: number): Seen {
    this.#clock.advanceTo(Math.max(this.#clock.now(), since));
    const place = networkOf(linkType, bytes);
    if (place.kind === 'malformed') return this.#seen();
    const packet = bytes.subarray(place.offset);
    const family = packet[0]! >>> 4 === 6 ? 'ip6' : 'ip';
    // Short frames are padded; the padding is no payload.
    const length = family === 'ip' ? u16(packet, 2) : u16(packet, 4) + 40;
    this.#packet.fill(packet.subarray(0, length), 0);
    for (const hook of HOOKS)
      if (this.#netns.hooks.run(this.#netns.hooks.point(family, hook), this.#packet) !== ACCEPT)
        break;
    return this.#seen();
  }

  #seen(): Seen {
    const ct = this.#ct;
    const slot = this.#packet.ct;
    const expected = new Map<string, number>();
    for (const one of ct.expectations.list()) {
      const { tuple } = one;
      const protocol = l4Of(tuple) === 6 ? 'tcp' : 'udp';
      expected.set(`${protocol} ${addressText(tuple, T_DST)} ${dstPortOf(tuple)}`, one.masterId);
    }
    const master = slot === 0 ? 0 : (ct.masterSide(slot)?.id ?? 0);
    const id = slot === 0 ? 0 : ct.id(slot);
    return { slot, id, state: stateName(this.#packet), master, expected };
  }
}

function check(
  seen: readonly Seen[],
  { pkt, helper, proto, dst, port, hit }: Announced,
): string | undefined {
  const wanted = `${proto} ${dst} ${port}`;
  const master = seen[pkt - 1]?.expected.get(wanted);
  if (master === undefined)
    return `${helper} announced no ${wanted} in packet ${pkt}: ${[...(seen[pkt - 1]?.expected.keys() ?? [])].join(', ') || 'nothing'}`;
  if (hit === undefined) return undefined;
  const first = seen[hit - 1];
  if (first?.state !== 'RELATED') return `packet ${hit} is ${first?.state ?? 'not there'}`;
  return first.master === master
    ? undefined
    : `packet ${hit} belongs to ${first.master}, not ${master}`;
}

function play(path: string): Seen[] {
  const { packets } = readCapture(new Uint8Array(readFileSync(path)));
  const playback = new Playback();
  const time = (at: PacketRecord): number => at.seconds * 1e9 + at.nanoseconds;
  return packets.map((one) =>
    playback.frame(one.interface.linkType, one.data, time(one) - time(packets[0]!)),
  );
}

export const captures: Suite = {
  name: 'captures',
  checks: ['announced'],
  reads: 'captures',
  run(dir: string, report: Report): void {
    const folder = join(dir, 'captures');
    const vectors = JSON.parse(readFileSync(join(folder, 'announced.json'), 'utf8')) as Vector[];
    for (const { file, announced } of vectors) {
      const seen = announced.length === 0 ? [] : play(join(folder, file));
      for (const [i, one] of announced.entries())
        attempt(report, 'announced', `${file}#${i}`, () => check(seen, one));
    }
  },
};
