// A flowtable at work (struct nf_flowtable): its hook on each of its devices, its flows, their end
// (net/netfilter/nf_flow_table_core.c, nf_flow_table_ip.c). A flowtable for hardware works like one in
// software: there is none to give flows to.

import { put16, u16, updateChecksum16 } from '../bytes/index.ts';
import type { Conntrack, Direction, Tuple } from '../conntrack/index.ts';
import { createTuple, invertTuple } from '../conntrack/index.ts';
import type { HookPoint, NetDevice, Netns, Packet, Timer, Verdict } from '../core/index.ts';
import {
  ACCEPT,
  dissectNetwork,
  ETH_P_IP,
  NS_PER_SECOND,
  STOLEN,
  segmentLengthOf,
} from '../core/index.ts';
import type { FlowtableOwner, RunningFlowtable } from '../engine/index.ts';
import { manipPacket, NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from '../nat/index.ts';
import type { Flowtable as FlowtableSpec } from '../program/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import { Flow, FlowIndex, type FlowSide } from './flow.ts';
import { Arrival, type Families } from './parse.ts';
import { pathsOf } from './paths.ts';
import { tellFlow, unmetHooks } from './tell.ts';

const TCP_FIN_RST = 0x05;
const TCP_SYN = 0x02;
/** Between two looks at all flows: nf_flow_offload_work_gc() runs each HZ. */
const GC_INTERVAL = NS_PER_SECOND;

interface OnDevice {
  readonly device: NetDevice;
  readonly remove: () => void;
}

export class Flowtable implements RunningFlowtable {
  /** `inet filter ft`. */
  readonly title: string;
  readonly #netns: Netns;
  readonly #ct: Conntrack;
  readonly #spec: FlowtableSpec;
  readonly #families: Families;
  readonly #counts: boolean;
  readonly #index: FlowIndex;
  readonly #arrival = new Arrival();
  readonly #target: Tuple = createTuple();
  readonly #born: number;
  #hooks: OnDevice[] = [];
  #timer: Timer | null = null;

  constructor({ netns, conntrack, family, table }: FlowtableOwner, spec: FlowtableSpec) {
    this.title = `${family} ${table} ${spec.name}`;
    this.#netns = netns;
    this.#ct = conntrack;
    this.#spec = spec;
    this.#families = { ip: family !== 'ip6', ip6: family !== 'ip' };
    this.#counts = spec.flags.includes('counter');
    this.#index = new FlowIndex(netns.random.u32() | 0);
    this.#born = netns.clock.now();
    netns.deviceDown.add(this.#onDown);
  }

  /** nf_flow_table_cleanup(): what comes in by a device that is down comes no more. */
  readonly #onDown = ({ index }: NetDevice): void => {
    for (const flow of this.#index.flows)
      if (flow.sides.some(({ key }) => key.iif === index)) this.#tearDown(flow, false);
    this.#collect();
  };

  /** How many flows there are, those at their end too. */
  get size(): number {
    return this.#index.flows.size;
  }

  listenOn(devices: readonly NetDevice[]): void {
    for (const { device, remove } of this.#hooks) if (!devices.includes(device)) remove();
    this.#hooks = devices.map(
      (device) =>
        this.#hooks.find((known) => known.device === device) ?? {
          device,
          remove: this.#register(device),
        },
    );
  }

  #register(device: NetDevice): () => void {
    const { hooks } = this.#netns;
    return hooks.registerAt(hooks.devicePoint(device, 'ingress'), {
      kind: 'implicit',
      name: `flowtable ${this.title}`,
      priority: this.#spec.priority,
      run: (packet, point) => this.#run(packet, point),
    });
  }

  /** nf_flow_table_free(). */
  close(): void {
    this.listenOn([]);
    this.#netns.deviceDown.delete(this.#onDown);
    for (const flow of this.#index.flows) this.#tearDown(flow, false);
    this.#collect();
  }

  /** flow_offload_add() behind nft_flow_route(). */
  add(packet: Packet, slot: number, dir: Direction): string {
    const devices = this.#hooks.map(({ device }) => device);
    const paths = pathsOf(this.#netns, this.#ct, packet, dir, devices);
    if (paths === null) return 'no route for both directions';
    const flow = new Flow(this.#ct, slot, ...paths);
    if (!this.#index.add(flow)) return 'a flow with these addresses is still there';
    flow.deadline = this.#netns.clock.now() + this.#ct.offload.flowTimeout(slot);
    this.#ct.offload.begin(slot);
    this.#watch();
    tellFlow(this.#netns, this.#ct, this.title, packet, flow.sides[dir], { action: 'add' });
    return '';
  }

  /** nf_flow_offload_inet_hook(), nf_flow_offload_ip_hook(), nf_flow_offload_ipv6_hook(). */
  #run(packet: Packet, point: HookPoint): Verdict {
    const arrival = this.#arrival;
    if (!arrival.read(packet, point.device!.index, this.#families)) return ACCEPT;
    const side = this.#index.find(arrival.key);
    if (side === null || side.flow.torn) return ACCEPT;
    const { flow } = side;
    if (!this.#ct.offload.isAlive(flow.slot, flow.id)) return ACCEPT;
    const why = this.#leaves(packet, side);
    if (why !== '') {
      const action = flow.torn ? 'teardown' : 'pass';
      tellFlow(this.#netns, this.#ct, this.title, packet, side, { action, why });
      return ACCEPT;
    }
    this.#forward(packet, side, point);
    return STOLEN;
  }

  /** Why a packet of a flow goes to the rules; '' where it does not. */
  #leaves(packet: Packet, side: FlowSide): string {
    const { flow, out } = side;
    const { offset, protocol, transport } = this.#arrival;
    // nf_flow_exceeds_mtu()
    if ((segmentLengthOf(packet, protocol) || packet.length) > out.mtu + offset)
      return `longer than the MTU of ${out.mtu}`;
    if (protocol === IPPROTO_TCP) {
      // nf_flow_state_check()
      const flags = packet.buf[transport + 13]!;
      if ((flags & TCP_SYN) !== 0 && flow.closing)
        return this.#tornDown(flow, 'the connection was closed and is opened again');
      if ((flags & TCP_FIN_RST) !== 0) flow.closing = true;
    }
    // A bridge that is gone past was not asked of routing.
    if (out.link === null && out.generation !== this.#netns.fastPath!.generation)
      return this.#tornDown(flow, 'routes have changed');
    return '';
  }

  #tornDown(flow: Flow, why: string): string {
    this.#tearDown(flow, false);
    return why;
  }

  /** nf_flow_offload_forward(), and out. */
  #forward(packet: Packet, side: FlowSide, point: HookPoint): void {
    const { flow, dir, out } = side;
    this.#refresh(flow);
    this.#untag(packet, side);
    if (flow.snat || flow.dnat) this.#translate(packet, side);
    decreaseHops(packet);
    packet.tstamp = 0;
    if (this.#counts) this.#ct.account(flow.slot, dir, packet.length);
    if (this.#netns.tracer !== null) {
      dissectNetwork(packet);
      const unmet = unmetHooks(this.#netns, packet, point, this.title, side);
      const told = { action: 'forward', device: out.device.name, unmet } as const;
      tellFlow(this.#netns, this.#ct, this.title, packet, side, told);
    }
    const fast = this.#netns.fastPath!;
    if (out.link !== null) fast.linkXmit(packet, out.link, out.device);
    else fast.neighbourXmit(packet, out.nexthop, out.device);
  }

  /** flow_offload_refresh(): not more than once a second. */
  #refresh(flow: Flow): void {
    const deadline = this.#netns.clock.now() + this.#ct.offload.flowTimeout(flow.slot);
    if (deadline - flow.deadline > NS_PER_SECOND) flow.deadline = deadline;
  }

  /** nf_flow_encap_pop(). */
  #untag(packet: Packet, side: FlowSide): void {
    if (side.tags === 0) return;
    packet.vlanTci = -1;
    packet.vlanProto = 0;
    const { offset } = this.#arrival;
    if (offset === 0) return;
    packet.protocol = u16(packet.buf, packet.network + 2);
    packet.network += offset;
    packet.transport = packet.network;
    packet.dissected = false;
  }

  /** nf_flow_nat_ip(): as the other direction's packets look, seen from behind. */
  #translate(packet: Packet, { flow, dir }: FlowSide): void {
    const target = this.#target;
    invertTuple(flow.sides[dir === 0 ? 1 : 0].key.tuple, target);
    const source = dir === 0 ? flow.snat : flow.dnat;
    const destination = dir === 0 ? flow.dnat : flow.snat;
    if (source) manipPacket(packet, packet.network, target, NF_NAT_MANIP_SRC);
    if (destination) manipPacket(packet, packet.network, target, NF_NAT_MANIP_DST);
  }

  #watch(): void {
    if (this.#timer !== null) return;
    const { clock } = this.#netns;
    const age = clock.now() - this.#born;
    const wait = GC_INTERVAL - (age % GC_INTERVAL);
    this.#timer = clock.after(wait, () => {
      this.#timer = null;
      this.#collect();
      if (this.size > 0) this.#watch();
    });
  }

  /** nf_flow_offload_gc_step() for each flow. */
  #collect(): void {
    for (const flow of this.#index.flows) {
      const gone = !this.#ct.offload.isAlive(flow.slot, flow.id);
      const expired = flow.deadline <= this.#netns.clock.now();
      if (gone) flow.torn = true;
      else if (expired) this.#tearDown(flow, true);
      if (flow.torn) this.#index.remove(flow);
      else this.#ct.offload.prolong(flow.slot);
    }
  }

  /** flow_offload_teardown(). */
  #tearDown(flow: Flow, expired: boolean): void {
    if (flow.torn) return;
    flow.torn = true;
    if (this.#ct.offload.isAlive(flow.slot, flow.id))
      this.#ct.offload.end(flow.slot, { closing: flow.closing, expired });
  }
}

/** ip_decrease_ttl(), or one less of IPv6's hop limit. */
function decreaseHops({ buf, network, protocol }: Packet): void {
  if (protocol !== ETH_P_IP) {
    buf[network + 7]!--;
    return;
  }
  const old = u16(buf, network + 8);
  buf[network + 8]!--;
  put16(buf, network + 10, updateChecksum16(u16(buf, network + 10), old, old - 0x100));
}
