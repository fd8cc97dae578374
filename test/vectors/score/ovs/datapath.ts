// A switch: flow tables, and the ct action on the connection tracking and translation of this project, as
// net/openvswitch/conntrack.c of Linux has it.

import { parseIPv6 } from '../../../../src/bytes/index.ts';
import {
  type Conntrack,
  createConntrack,
  directionOf,
  IPS_DST_NAT,
  IPS_NAT_MASK,
  IPS_SRC_NAT,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from '../../../../src/conntrack/index.ts';
import {
  ACCEPT,
  dissectNetwork,
  type HookPoint,
  IP_CT_ESTABLISHED,
  IP_CT_ESTABLISHED_REPLY,
  IP_CT_NEW,
  IP_CT_RELATED,
  IP_CT_RELATED_REPLY,
  manualClock,
  Netns,
  Packet,
  seeded,
} from '../../../../src/core/index.ts';
import { KERNEL_HELPERS, registerHelpers } from '../../../../src/helpers/index.ts';
import {
  createNat,
  IcmpTranslator,
  type Manip,
  type Nat,
  NatRange,
  NF_NAT_MANIP_DST,
  NF_NAT_MANIP_SRC,
} from '../../../../src/nat/index.ts';
import { createStack } from '../../../../src/stack/index.ts';
import { labelOf, matches, portNumber, setAddress, type Walk } from './fields.ts';
import { type Action, type Flow, parseActions, parseParameters } from './flows.ts';

/** Actions of one packet at most: a loop of tables ends. */
const STEPS_MAX = 500;

export type Output = (port: number, frame: Uint8Array) => void;

export class Switch {
  readonly clock = manualClock();
  readonly netns = new Netns({ clock: this.clock, random: seeded(1) });
  readonly ct: Conntrack;
  readonly #nat: Nat;
  readonly #errors: IcmpTranslator;
  readonly #output: Output;
  /** Where `normal` sends a frame: ports that are not the one it came from. */
  readonly #normal: (walk: Walk) => readonly number[];
  #flows: readonly Flow[] = [];
  #steps = 0;

  constructor(output: Output, normal: (walk: Walk) => readonly number[]) {
    createStack(this.netns, { config: { interfaces: [] }, defrag: true });
    this.ct = createConntrack(this.netns);
    this.#nat = createNat(this.netns, this.ct);
    this.#errors = new IcmpTranslator(this.ct);
    registerHelpers(this.ct, this.#nat, KERNEL_HELPERS);
    this.#output = output;
    this.#normal = normal;
  }

  set flows(flows: readonly Flow[]) {
    this.#flows = flows.toSorted((a, b) => b.priority - a.priority);
  }

  /** A frame comes in, or is handed in with actions of its own. */
  receive(
    frame: Uint8Array,
    inPort: number,
    actions: readonly Action[] = parseActions('resubmit(,0)'),
  ): void {
    const packet = new Packet();
    packet.fill(frame, 14);
    packet.protocol = (frame[12]! << 8) | frame[13]!;
    this.#steps = 0;
    const walk = { packet, inPort, ctState: new Set<string>(), translated: new Set<string>() };
    this.#run(actions, { ...walk, zone: 0, metadata: 0n });
  }

  #table(table: number, walk: Walk): void {
    const flow = this.#flows.find(
      (one) => one.table === table && one.matches.every((m) => matches(this.ct, walk, m)),
    );
    if (flow !== undefined) this.#run(flow.actions, walk);
  }

  #run(actions: readonly Action[], walk: Walk): void {
    for (const action of actions) {
      if (++this.#steps > STEPS_MAX) throw new RangeError('the flows go round in a circle');
      if (!this.#act(action, walk)) return;
    }
  }

  /** False where the packet is gone. */
  #act({ name, argument }: Action, walk: Walk): boolean {
    switch (name) {
      case 'drop':
      case 'controller':
        return true;
      case 'resubmit':
      case 'goto_table':
        this.#table(Number(argument.replace(',', '')), walk);
        return true;
      case 'ct':
        return this.#ct(parseParameters(argument), walk);
      case 'ct_clear':
        walk.packet.ct = 0;
        walk.packet.ctinfo = 0;
        walk.ctState = new Set();
        return true;
      case 'set_field':
        this.#setField(argument, walk);
        return true;
      case 'normal':
        for (const port of this.#normal(walk)) this.#send(port, walk);
        return true;
      case 'output':
        this.#send(portNumber(argument), walk);
        return true;
      default:
        if (!/^(\d+|LOCAL|ovs-p\d+)$/.test(name))
          throw new SyntaxError(`action ${name} is not known here`);
        this.#send(portNumber(name), walk);
        return true;
    }
  }

  #send(port: number, { packet }: Walk): void {
    this.#output(port, packet.frameBytes().slice());
  }

  #setField(argument: string, walk: Walk): void {
    const [value = '', field = ''] = argument.split('->');
    const { packet } = walk;
    if (field === 'nw_src' || field === 'nw_dst') {
      // set_ip_addr(): what conntrack knew of the packet is void, though flows still see it.
      packet.ct = 0;
      packet.ctinfo = 0;
      setAddress(packet, field, value);
    } else if (field === 'metadata') walk.metadata = BigInt(value);
    else if (field === 'eth_src' || field === 'eth_dst')
      packet.buf.set(
        value.split(':').map((part) => Number.parseInt(part, 16)),
        packet.mac + (field === 'eth_src' ? 6 : 0),
      );
    else throw new SyntaxError(`field ${field} cannot be set here`);
  }

  /** ovs_ct_execute() and, with a table, the packet's second coming. */
  #ct(parameters: ReadonlyMap<string, string>, walk: Walk): boolean {
    const { packet } = walk;
    const zone = Number(parameters.get('zone') ?? 0);
    const point = this.netns.hooks.point(packet.protocol === 0x0800 ? 'ip' : 'ip6', 'prerouting');
    if (Number.isNaN(zone)) throw new SyntaxError('zones of fields are not known here');
    if (!this.#track(parameters, walk, zone, point)) return false;
    walk.zone = zone;
    const table = parameters.get('table');
    if (table === undefined) return true;
    const copy: Walk = { ...walk, packet: packet.clone(), ctState: this.#stateOf(walk) };
    this.#table(Number(table), copy);
    return true;
  }

  /** ovs_ct_lookup() and ovs_ct_commit(); false where the packet is kept or dropped. */
  #track(
    parameters: ReadonlyMap<string, string>,
    walk: Walk,
    zone: number,
    point: HookPoint,
  ): boolean {
    const { packet } = walk;
    const { ct } = this;
    const commit = parameters.has('commit');
    const cached = this.#isCached(packet, zone, commit && parameters.has('force'));
    if (!cached) {
      packet.ct = ct.template(zone, 3, { looks: !commit });
      packet.ctinfo = IP_CT_NEW;
      if (!this.#gather(packet, point)) return false;
      if (ct.in(packet, point) !== ACCEPT) return false;
    }
    if (packet.ct === 0) return true;
    const nat = parameters.get('nat');
    // OVS_CS_F_NAT_MASK: a packet is translated once.
    if (nat !== undefined && walk.translated.size === 0 && (ct.isConfirmed(packet.ct) || commit))
      if (!this.#translate(walk, nat, commit)) return false;
    const alg = parameters.get('alg');
    const wasConfirmed = ct.isConfirmed(packet.ct);
    if (!wasConfirmed && commit && alg !== undefined && ct.helper(packet.ct) === '')
      ct.setHelper(packet.ct, alg);
    if (commit) this.#setMetadata(packet.ct, parameters.get('exec') ?? '');
    if (wasConfirmed ? !cached : commit) return ct.confirm(packet) === ACCEPT;
    return true;
  }

  /** skb_nfct_cached(): `force` ends a connection that began at the other side. */
  #isCached(packet: Packet, zone: number, force: boolean): boolean {
    const { ct } = this;
    if (packet.ct === 0 || ct.isTemplate(packet.ct) || ct.zoneId(packet.ct) !== zone) return false;
    if (!force || directionOf(packet.ctinfo) === 0) return true;
    if (ct.isConfirmed(packet.ct)) ct.kill(packet.ct);
    return false;
  }

  /** handle_fragments(): false while parts are missing. */
  #gather(packet: Packet, point: HookPoint): boolean {
    const defrag = point.entries.find(({ name }) => name === 'defrag');
    return defrag === undefined || defrag.run(packet, point) === ACCEPT;
  }

  /** nf_ct_nat(). */
  #translate(walk: Walk, text: string, commit: boolean): boolean {
    const { packet } = walk;
    const wanted = parseParameters(text);
    const before = this.ct.status(packet.ct);
    const { ctinfo } = packet;
    const isReply = directionOf(ctinfo) === 1;
    let manip: Manip;
    if (
      ctinfo !== IP_CT_NEW &&
      (before & IPS_NAT_MASK) !== 0 &&
      (ctinfo !== IP_CT_RELATED || commit)
    )
      manip = ((before & IPS_SRC_NAT) !== 0) === isReply ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
    else if (wanted.has('src')) manip = NF_NAT_MANIP_SRC;
    else if (wanted.has('dst')) manip = NF_NAT_MANIP_DST;
    else return true;
    const range = wanted.get('src') ?? wanted.get('dst') ?? null;
    if (!this.#executeNat(walk, manip, range)) return false;
    const status = this.ct.status(packet.ct);
    if ((status & IPS_DST_NAT) === 0) return true;
    if ((status & IPS_SRC_NAT) !== 0) {
      const other = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
      return this.#executeNat(walk, other, range);
    }
    return isReply || this.#executeNat(walk, NF_NAT_MANIP_SRC, null);
  }

  /** nf_ct_nat_execute(). */
  #executeNat(walk: Walk, manip: Manip, range: string | null): boolean {
    const { packet } = walk;
    const family = packet.protocol === 0x0800 ? 'ip' : 'ip6';
    dissectNetwork(packet);
    walk.translated.add(manip === NF_NAT_MANIP_SRC ? 'snat' : 'dnat');
    const { ctinfo } = packet;
    const isRelated = ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY;
    if (isRelated && packet.l4proto === (family === 'ip' ? 1 : 58))
      return this.#errors.translate(packet, manip, family);
    if ((isRelated || ctinfo === IP_CT_NEW) && !this.#nat.isInitialized(packet.ct, manip)) {
      const bound =
        range === null
          ? this.#nat.nullBinding(packet, manip)
          : this.#nat.setupInfo(packet, rangeOfText(range), manip);
      if (bound !== ACCEPT) return false;
    }
    return this.#nat.manipulate(packet, manip) === ACCEPT;
  }

  /** ovs_ct_set_mark(), ovs_ct_set_labels(). */
  #setMetadata(slot: number, text: string): void {
    for (const { name, argument } of parseActions(text)) {
      const set = name === 'set_field' ? /^(\w+)(?:\/(\w+))?->(\w+)$/.exec(argument) : null;
      if (set === null) throw new SyntaxError(`${name}:${argument} cannot be done here`);
      const [, value = '0', mask, field] = set;
      const bits = mask === undefined ? (1n << 128n) - 1n : BigInt(mask);
      const old = field === 'ct_mark' ? BigInt(this.ct.mark(slot)) : labelOf(this.ct, slot);
      const next = (old & ~bits) | (BigInt(value) & bits);
      if (field === 'ct_mark') this.ct.setMark(slot, Number(next & 0xffffffffn));
      else this.ct.replaceLabels(slot, bytesOf(next));
    }
  }

  /** ovs_ct_update_key(). */
  #stateOf({ packet, translated }: Walk): ReadonlySet<string> {
    const state = new Set(['trk', ...translated]);
    const slot = packet.ct;
    if (slot === 0) return state.add('inv');
    for (const word of STATES.get(packet.ctinfo) ?? []) state.add(word);
    if (!this.ct.isConfirmed(slot)) state.add('new');
    if (this.ct.masterSide(slot) !== null) state.add('rel');
    return state;
  }
}

const STATES: ReadonlyMap<number, readonly string[]> = new Map([
  [IP_CT_NEW, ['new']],
  [IP_CT_ESTABLISHED, ['est']],
  [IP_CT_ESTABLISHED_REPLY, ['est', 'rpl']],
  [IP_CT_RELATED, ['rel']],
  [IP_CT_RELATED_REPLY, ['rel', 'rpl']],
]);

const bytesOf = (label: bigint): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => Number((label >> BigInt(8 * i)) & 0xffn));

function addressBytes(text: string): Uint8Array {
  if (text.includes('.')) return Uint8Array.from(text.split('.').map(Number));
  const bytes = parseIPv6(text);
  if (bytes === undefined) throw new SyntaxError(`${text} is no address`);
  return bytes;
}

/** `10.1.1.240-10.1.1.254`, `10.1.1.240:34567`, `fc00::240`. */
function rangeOfText(text: string): NatRange {
  const v4 = /^([\d.]+)(?:-([\d.]+))?(?::(\d+)(?:-(\d+))?)?$/.exec(text);
  const [, min = text, max, low, high] = v4 ?? [];
  const range = new NatRange();
  const l3 = v4 === null ? NFPROTO_IPV6 : NFPROTO_IPV4;
  range.setAddresses(l3, addressBytes(min), 0, addressBytes(max ?? min), 0);
  if (low !== undefined) range.setPorts(Number(low), Number(high ?? low));
  return range;
}
