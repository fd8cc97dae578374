// What the tests of this room share: a namespace with NAT, packets in notation, and chains of one rule.

import { parseIPv4, parseIPv6, put32 } from '../bytes/index.ts';
import {
  addressText,
  type Conntrack,
  createConntrack,
  createTuple,
  dstPortOf,
  l4ChecksumOk,
  locate,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  readTuple,
  srcPortOf,
  stateName,
  T_DST,
  T_SRC,
} from '../conntrack/index.ts';
import type { HookName, NetDevice, NetworkLayer, Verdict } from '../core/index.ts';
import {
  ACCEPT,
  createDevice,
  dissectNetwork,
  manualClock,
  Netns,
  Packet,
  seeded,
} from '../core/index.ts';
import { isNotationError, parsePacketNotation } from '../packet/index.ts';
import type { Nat, NatHook } from './nat.ts';
import { createNat } from './nat.ts';
import type { Manip } from './range.ts';
import { NatRange, NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './range.ts';

export function addressBytes(text: string): Uint8Array {
  const six = parseIPv6(text);
  if (six !== undefined) return six;
  const four = parseIPv4(text);
  if (four === undefined) throw new RangeError(`'${text}' is no address`);
  const bytes = new Uint8Array(4);
  put32(bytes, 0, four);
  return bytes;
}

/** `192.0.2.1`, `192.0.2.1-192.0.2.8`; ports and flags apart. */
export function range(addresses: string, ports?: [number, number], flags = 0): NatRange {
  const result = new NatRange();
  const [first, last] = addresses.split('-');
  if (first !== undefined && first !== '') {
    const from = addressBytes(first);
    const to = addressBytes(last ?? first);
    result.setAddresses(from.length === 4 ? NFPROTO_IPV4 : NFPROTO_IPV6, from, 0, to, 0);
  }
  if (ports !== undefined) result.setPorts(...ports);
  result.flags |= flags;
  return result;
}

/** `10.0.0.1:1 > 10.0.0.2:2` of the packet at `at`; for ICMP the identifier stands first. */
export function ends(packet: Packet, family: 'ip' | 'ip6', at = packet.network): string {
  const l3 = family === 'ip' ? NFPROTO_IPV4 : NFPROTO_IPV6;
  const found = { offset: -1, protocol: 0 };
  const tuple = createTuple();
  locate(packet.buf, at, packet.end, l3, found);
  readTuple(packet.buf, at, found.offset, packet.end, l3, found.protocol, tuple);
  const source = `${addressText(tuple, T_SRC)}:${srcPortOf(tuple)}`;
  const icmp = found.protocol === 1 || found.protocol === 58;
  return `${source} > ${addressText(tuple, T_DST)}${icmp ? '' : `:${dstPortOf(tuple)}`}`;
}

/** A network that knows one address per device and lets everything be routed. */
class FakeNetwork implements NetworkLayer {
  readonly addresses = new Map<NetDevice, string>();
  rerouted = 0;
  routes = true;

  route(): null {
    return null;
  }

  routeOf(): null {
    return null;
  }

  proceed(): void {}

  addressType(): number {
    return 1;
  }

  sourceAddress(family: 'ip' | 'ip6', device: NetDevice): Uint8Array | null {
    const text = this.addresses.get(device);
    const bytes = text === undefined ? null : addressBytes(text);
    return bytes !== null && (bytes.length === 4) === (family === 'ip') ? bytes : null;
  }

  broadcastPrefix(): number {
    return 0;
  }

  firstAddress(family: 'ip' | 'ip6', device: NetDevice): Uint8Array | null {
    return this.sourceAddress(family, device);
  }

  sendParameterProblem(): void {}

  sendUnreachable(): void {}

  sendReset(): void {}

  sendSegment(): void {}

  reroute(): boolean {
    this.rerouted++;
    return this.routes;
  }

  duplicate(): void {}

  transmit(): void {}

  neighbourTransmit(): void {}
}

export class NatBed {
  readonly clock = manualClock();
  readonly netns = new Netns({ clock: this.clock, random: seeded(11) });
  readonly ct: Conntrack = createConntrack(this.netns);
  readonly nat: Nat = createNat(this.netns, this.ct);
  readonly network = new FakeNetwork();
  readonly lan = createDevice({ index: 2, name: 'lan' });
  readonly wan = createDevice({ index: 3, name: 'wan' });
  packet = new Packet();
  /** How often each chain ran. */
  readonly runs: Record<string, number> = {};

  constructor() {
    this.netns.network = this.network;
    this.network.addresses.set(this.wan, '192.0.2.1');
    this.network.addresses.set(this.lan, '10.0.0.254');
  }

  /** Chains that translate everything: sources behind, destinations before routing. */
  snat(to: NatRange, hook: NatHook = 'postrouting'): () => void {
    return this.#chain(hook, to, NF_NAT_MANIP_SRC);
  }

  dnat(to: NatRange, hook: NatHook = 'prerouting'): () => void {
    return this.#chain(hook, to, NF_NAT_MANIP_DST);
  }

  #chain(hook: NatHook, to: NatRange, manip: Manip): () => void {
    return this.nat.registerChain('inet', hook, {
      name: hook,
      priority: 0,
      run: (packet) => {
        this.runs[hook] = (this.runs[hook] ?? 0) + 1;
        return this.nat.setupInfo(packet, to, manip);
      },
    });
  }

  load(text: string): Packet {
    const spec = parsePacketNotation(text);
    if (isNotationError(spec)) throw new Error(`${text}: ${spec.message}`);
    this.packet.fill(spec.bytes, 0);
    this.packet.iif = this.lan;
    this.packet.oif = this.wan;
    return this.packet;
  }

  get #family(): 'ip' | 'ip6' {
    return this.packet.buf[this.packet.network]! >>> 4 === 6 ? 'ip6' : 'ip';
  }

  run(...hooks: readonly HookName[]): Verdict {
    for (const hook of hooks) {
      const verdict = this.netns.hooks.run(this.netns.hooks.point(this.#family, hook), this.packet);
      if (verdict !== ACCEPT) return verdict;
    }
    return ACCEPT;
  }

  /** Forwards a packet; what came out as printed, after its state, or `drop`. */
  send(text: string, ...hooks: readonly HookName[]): string {
    this.load(text);
    const verdict = this.run(
      ...(hooks.length > 0 ? hooks : (['prerouting', 'postrouting'] as const)),
    );
    return verdict === ACCEPT ? `${stateName(this.packet)} ${this.text}` : 'drop';
  }

  /** Addresses and ports of the packet as it is now; a wrong checksum shows. */
  get text(): string {
    const { packet } = this;
    dissectNetwork(packet);
    const ok = l4ChecksumOk(packet, packet.l4proto) ? '' : ' (bad checksum)';
    return `${ends(packet, this.#family)}${ok}`;
  }
}
