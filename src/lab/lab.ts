// A firewall to ask questions of: one call from a ruleset and a network to the way of a packet.

import type { SavedTimeouts } from '../conntrack/index.ts';
import { type ManualClock, manualClock, seeded } from '../core/index.ts';
import { parseFingerprints } from '../engine/index.ts';
import type { AnyHelper } from '../helpers/index.ts';
import { compile, formatDiagnostic } from '../nft/index.ts';
import { formatNotationError, parsePacketNotation } from '../packet/index.ts';
import type { QueueRunner } from '../queue/index.ts';
import type { StackConfig } from '../stack/index.ts';
import { type PacketTrace, TraceCollector } from '../trace/index.ts';
import { LINKTYPE_ETHERNET } from '../uapi/index.ts';
import { arrivalFromBytes, arrivalFromFrame } from './arrival.ts';
import { describePacket } from './describe.ts';
import { createFirewall, type Firewall } from './firewall.ts';
import { ipCommand } from './ip-command.ts';
import type { ListenOptions } from './queues.ts';
import { loadRuleset } from './ruleset.ts';

export interface LabOptions {
  /** A ruleset as text: nftables, or a file of iptables-save. */
  readonly ruleset: string;
  readonly network: StackConfig;
  /** Where chance starts: the same seed gives the same run. Default 1. */
  readonly seed?: number;
  /** What `osf` tells operating systems by: the text of a pf.os file. */
  readonly fingerprints?: string;
  /** Policies for `CT --timeout` to name, as `TimeoutPolicies.save` gives them. */
  readonly timeouts?: SavedTimeouts;
  /** Helpers of one's own, for rules to assign by name (docs/helpers.md). */
  readonly helpers?: readonly AnyHelper[];
}

export class Lab {
  readonly clock: ManualClock = manualClock();
  readonly firewall: Firewall;
  readonly #collector: TraceCollector;

  constructor(options: LabOptions) {
    const known = options.network.interfaces.map((i, at) => [i.name, i.index ?? at + 2] as const);
    const loaded = loadRuleset([{ name: 'ruleset', text: options.ruleset }], {
      interfaces: Object.fromEntries(known),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    });
    if (loaded.failed) throw new Error(loaded.problems.map((p) => p.text).join('\n'));
    this.#collector = new TraceCollector({
      now: () => this.clock.now(),
      describe: describePacket,
    });
    this.firewall = createFirewall({
      network: options.network,
      ipsets: loaded.ipsets,
      rulesets: [loaded.batch],
      clock: this.clock,
      random: seeded(options.seed ?? 1),
      tracer: this.#collector,
      fingerprints: parseFingerprints(options.fingerprints ?? '').fingerprints,
      ...(options.helpers === undefined ? {} : { helpers: options.helpers }),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    });
  }

  /**
   * Sends a packet and gives its way through the firewall, first, and those of the packets made on
   * the way (an ICMP error, a reset), after it.
   * @param notation the short notation of docs/packet-notation.md
   * @throws Error with the place of what is wrong in the notation; RangeError for an unknown interface
   */
  send(notation: string): readonly PacketTrace[] {
    const spec = parsePacketNotation(notation);
    if ('message' in spec) throw new Error(formatNotationError(spec));
    const { bytes, linkType, iface, direction, mark, sender, secpath } = spec;
    const isFrame = linkType === LINKTYPE_ETHERNET;
    const arrival = isFrame ? arrivalFromFrame(linkType, bytes) : arrivalFromBytes(bytes);
    if (typeof arrival === 'string') throw new Error(arrival);
    const from = direction === 'out' ? undefined : this.firewall.deviceFor(arrival, iface);
    this.firewall.inject(arrival, from, {
      ...sender,
      ...(mark !== undefined && { mark }),
      ...(secpath !== undefined && { secpath }),
    });
    return this.#collector.take();
  }

  /**
   * Changes the ruleset by commands of nft, all of them or none; connections stay.
   * @throws Error with the place of what is wrong, TransactionError where the ruleset refuses it
   */
  change(commands: string): void {
    const { engine, netns } = this.firewall;
    const { batch, diagnostics, sources } = compile([{ name: 'change', text: commands }], {
      current: engine.list(),
      symbols: { interfaceIndex: (name) => netns.devices.byName(name)?.index },
    });
    const errors = diagnostics.filter((d) => d.severity === 'error');
    if (errors.length > 0)
      throw new Error(errors.map((d) => formatDiagnostic(d, sources)).join('\n'));
    this.firewall.apply(batch);
  }

  /**
   * Lets a packet handler have the packets of a queue (docs/queue.md), until the runner is stopped. One
   * that answers at once is part of `send`; what becomes of a packet that waited is told by `rest`.
   *
   * @example
   * await lab.listen(0, (packet) => (packet.udp?.destinationPort === 53 ? 'drop' : 'accept'));
   */
  listen(num: number, handler: unknown, options?: ListenOptions): Promise<QueueRunner> {
    return this.firewall.queues.listen(num, handler, options);
  }

  /** What has happened since the last call, or the last packet that was sent. */
  rest(): readonly PacketTrace[] {
    return this.#collector.take();
  }

  /**
   * Changes the network while connections run, in the words of ip(8): `ip link set eth1 down`,
   * `ip addr del 192.0.2.1/24 dev eth1`, `ip route add …`.
   * @throws RangeError for what is not understood
   */
  ip(command: string): void {
    ipCommand(this.firewall.stack, command);
  }

  /** Lets time pass: connections expire, limits refill. */
  advance(seconds: number): void {
    this.clock.advance(seconds * 1e9);
  }
}

/**
 * A firewall in this process, ready for packets.
 * @throws Error with file, line, column and caret of each problem of the ruleset
 *
 * @example
 * const lab = openLab({ ruleset, network: { interfaces: [{ name: 'eth0', addresses: ['10.0.0.1/24'] }] } });
 * const [trace] = lab.send('tcp 10.0.0.2:40000 > 10.0.0.1:22 syn, in eth0');
 */
export const openLab = (options: LabOptions): Lab => new Lab(options);
