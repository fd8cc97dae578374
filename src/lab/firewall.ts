// A whole firewall in a process: a namespace with its network, connection tracking, translation and
// rulesets, and a way to send packets through it and see what becomes of them.
import {
  type Conntrack,
  createConntrack,
  type SavedTimeouts,
  timeoutPoliciesOf,
} from '../conntrack/index.ts';
import type {
  Clock,
  Fingerprint,
  NetDevice,
  Random,
  Tracer,
  Transformation,
} from '../core/index.ts';
import { manualClock, Netns, seeded } from '../core/index.ts';
import { accountingOf, ipSetsOf, NfTables } from '../engine/index.ts';
import { openFlowtable } from '../flowtable/index.ts';
import { type AnyHelper, registerKernelHelpers } from '../helpers/index.ts';
import { createNat, type Nat } from '../nat/index.ts';
import type { AcctObject, Batch, IpSetChange, Program } from '../program/index.ts';
import { createStack, type SendOptions, type Stack, type StackConfig } from '../stack/index.ts';
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE } from '../uapi/index.ts';
import { type Arrival, addressesOf, frameFor } from './arrival.ts';
import { EngineQueues } from './queues.ts';
import { proxiedFamilies, reassembledFamilies, trackedFamilies } from './tracking.ts';

export interface FirewallOptions {
  readonly network: StackConfig;
  /** Applied in order, each as a whole. */
  readonly rulesets: readonly Batch[];
  /** Sets of ipset, made before the rulesets. */
  readonly ipsets?: readonly IpSetChange[];
  /** Accounting objects, made before the rulesets; without it none are known, and verdicts depend on them. */
  readonly accounting?: readonly AcctObject[];
  readonly clock: Clock;
  /** Default: the sequence of seed 1. */
  readonly random?: Random;
  readonly tracer?: Tracer;
  /** Policies for `CT --timeout` to name, and protocols' own timeouts; without it none are known. */
  readonly timeouts?: SavedTimeouts;
  /** What `osf` tells operating systems by; see `parseFingerprints`. */
  readonly fingerprints?: readonly Fingerprint[];
  /** Helpers beside those of the kernel, for rules to assign by name. */
  readonly helpers?: readonly AnyHelper[];
  /**
   * Something listens on every port: what a ruleset lets in is delivered, not answered with a reset
   * or an unreachable. Default true.
   */
  readonly listen?: boolean;
  /** Told of every frame that leaves; the bytes are only valid during the call. */
  readonly transmitted?: (device: NetDevice, frame: Uint8Array) => void;
}

export interface InjectOptions {
  readonly mark?: number;
  /** Of packets the firewall sends itself: the program that sends it, unless a socket of the topology is bound to its source. */
  readonly uid?: number;
  readonly gid?: number;
  readonly cgroup?: string;
  readonly classid?: number;
  /** What IPsec has undone of a packet that comes in, outermost first. */
  readonly secpath?: readonly Transformation[];
}

const RTN_LOCAL = 2;

export class Firewall {
  readonly netns: Netns;
  readonly stack: Stack;
  readonly conntrack: Conntrack;
  readonly nat: Nat;
  readonly engine: NfTables;
  readonly queues: EngineQueues;

  constructor(options: FirewallOptions) {
    const { clock, random = seeded(1), listen = true, transmitted } = options;
    this.netns = new Netns({ name: 'lab', clock, random });
    this.netns.fingerprints = options.fingerprints ?? [];
    this.stack = createStack(this.netns, { config: options.network });
    this.conntrack = createConntrack(this.netns, { families: [] });
    this.nat = createNat(this.netns, this.conntrack);
    registerKernelHelpers(this.conntrack, this.nat, options.helpers);
    this.engine = new NfTables(this.netns, {
      conntrack: this.conntrack,
      nat: this.nat,
      flowtables: openFlowtable,
    });
    if (options.timeouts !== undefined) timeoutPoliciesOf(this.netns).restore(options.timeouts);
    this.queues = new EngineQueues(this);
    for (const change of options.ipsets ?? []) ipSetsOf(this.netns).apply(change);
    if (options.accounting !== undefined) accountingOf(this.netns).restore(options.accounting);
    for (const batch of options.rulesets) this.apply(batch);
    if (listen)
      for (const protocol of [IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_UDPLITE])
        this.stack.listen({ protocol, receive: () => {} });
    if (transmitted !== undefined)
      for (const device of this.netns.devices.list())
        device.transmit = (packet) => transmitted(device, packet.frameBytes());
    if (options.tracer !== undefined) this.netns.tracer = options.tracer;
  }

  /**
   * Changes the ruleset: all of the batch, or nothing. Connections are tracked, and fragments put
   * together before that, while there is a rule that needs it, as in the kernel.
   * @throws TransactionError
   */
  apply(batch: Batch): void {
    this.engine.apply(batch);
    this.#provide();
  }

  /** Puts a ruleset in as it is, with its handles, where there is none yet. @throws TransactionError */
  restore(program: Program): void {
    this.engine.restore({ program, generation: 1, lastTableHandle: 0, lastHandles: {} });
    this.#provide();
  }

  #provide(): void {
    const program = this.engine.list();
    const tracked = trackedFamilies(program);
    const reassembled = reassembledFamilies(program);
    const proxied = proxiedFamilies(program);
    for (const family of ['ip', 'ip6'] as const) {
      const on = tracked.has(family);
      if (on) this.conntrack.enable(family);
      else this.conntrack.disable(family);
      this.stack.defragment(family, on || reassembled.has(family));
      this.engine.synproxy?.enable(family, proxied.has(family));
    }
  }

  /**
   * Where a packet would come in: the named device, else the one its sender is behind. Undefined for
   * a packet the firewall itself would send.
   * @throws RangeError when there is no device of that name
   */
  deviceFor(arrival: Arrival, name?: string): NetDevice | undefined {
    if (name !== undefined) return this.stack.interfaceNamed(name).device;
    const addresses = addressesOf(arrival);
    const first = this.netns.devices.list().find((d) => d.name !== 'lo');
    if (addresses === undefined) return first;
    const family = addresses.source.length === 4 ? 'ip' : 'ip6';
    const answer = this.stack.route({ family, daddr: addresses.source });
    if (answer?.type === RTN_LOCAL) return undefined;
    return answer?.device ?? first;
  }

  /** A packet that comes from where a socket is bound is sent by that socket. */
  #sentBy(arrival: Arrival, options: InjectOptions): SendOptions {
    const saysWho = ['uid', 'gid', 'cgroup', 'classid'].some((name) => name in options);
    const socket = saysWho ? null : this.stack.sockets.senderOf(arrival.packet);
    return socket === null ? options : { ...options, socket };
  }

  /** Sends a packet through: in by the device, or out from here where there is none. */
  inject(arrival: Arrival, device: NetDevice | undefined, options: InjectOptions = {}): void {
    if (device === undefined) this.stack.send(arrival.packet, this.#sentBy(arrival, options));
    else {
      const hasVlans = (this.stack.interfaceOf(device)?.vlans.size ?? 0) > 0;
      const isPort = device.master?.kind === 'bridge';
      this.stack.receive(device, frameFor(arrival, device, hasVlans || isPort), options);
    }
  }
}

/** Wires a firewall. @throws RangeError for a network that contradicts itself, TransactionError for a ruleset */
export const createFirewall = (options: FirewallOptions): Firewall => new Firewall(options);

/** A firewall that hooks what a kernel with this ruleset would, on the devices that it names. */
export function hookedFirewall(program: Program): Firewall {
  const names = program.tables.flatMap(({ chains }) =>
    chains.flatMap(({ base }) => base?.devices ?? []),
  );
  const known = [...new Set(names)].filter((name) => !name.endsWith('*') && name !== 'lo');
  const firewall = new Firewall({
    network: { interfaces: known.map((name) => ({ name, addresses: [] })) },
    rulesets: [],
    clock: manualClock(),
    listen: false,
  });
  firewall.restore(program);
  return firewall;
}
