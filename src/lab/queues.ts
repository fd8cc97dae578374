// The queues of a firewall in a process, for the handlers that run on those of the kernel
// (net/netfilter/nf_queue.c, nfnetlink_queue.c): a packet is kept where a rule queues it, and goes on
// from there with its verdict.

import { equalBytes, viewOf } from '../bytes/index.ts';
import {
  DIVERTED,
  dissectNetwork,
  ETH_P_IP,
  ETH_P_IPV6,
  type HookEntry,
  type HookPoint,
  type Packet,
  type QueueSink,
  type Verdict,
} from '../core/index.ts';
import { QueueMessage } from '../netlink/index.ts';
import {
  noLosses,
  type QueuedPacket,
  QueueRunner,
  type QueueTransport,
  type RunnerOptions,
  verdictName,
  verdictQueue,
} from '../queue/index.ts';
import {
  CTA_ID,
  CTA_MARK,
  CTA_STATUS,
  NF_VERDICT_FLAG_QUEUE_BYPASS,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
} from '../uapi/index.ts';
import type { Firewall } from './firewall.ts';

export type ListenOptions = Pick<
  RunnerOptions,
  'policy' | 'deadline' | 'ordered' | 'args' | 'log' | 'observer'
>;

/** A packet that waits for its verdict. */
interface Kept {
  readonly id: number;
  readonly packet: Packet;
  readonly point: HookPoint;
  readonly entries: readonly HookEntry[];
  readonly next: number;
}

const FAMILIES: Readonly<Record<string, number>> = {
  ip: NFPROTO_IPV4,
  ip6: NFPROTO_IPV6,
  arp: NFPROTO_ARP,
  bridge: NFPROTO_BRIDGE,
};
const IP_CT_UNTRACKED = 7;
const CT_ATTRIBUTES = [CTA_MARK, CTA_ID, CTA_STATUS] as const;
const ATTRIBUTE = 8;

/** One queue. Each packet is handed over in a buffer of its own. */
class EngineQueue implements QueueTransport {
  readonly losses = noLosses();
  readonly #all: EngineQueues;
  readonly #num: number;
  readonly #message = new QueueMessage();
  readonly #waiting: Kept[] = [];
  readonly #given = new Map<number, Kept>();
  #ready: (() => void) | undefined;
  #ids = 0;
  ended = false;

  constructor(all: EngineQueues, num: number) {
    this.#all = all;
    this.#num = num;
  }

  get waiting(): number {
    return this.#waiting.length + this.#given.size;
  }

  enqueue(packet: Packet, point: HookPoint, entries: readonly HookEntry[], next: number): void {
    this.#waiting.push({ id: ++this.#ids, packet, point, entries, next });
    this.#wake();
  }

  #wake(): void {
    const ready = this.#ready;
    this.#ready = undefined;
    ready?.();
  }

  receive(take: (message: QueueMessage) => void, most: number): number {
    const batch = this.#waiting.splice(0, most);
    for (const kept of batch) {
      this.#given.set(kept.id, kept);
      this.#all.describe(this.#message, kept.packet, kept.point);
      this.#message.queue = this.#num;
      this.#message.id = kept.id;
      take(this.#message);
    }
    return batch.length;
  }

  wait(ready: () => void): void {
    this.#ready = ready;
    if (this.#waiting.length > 0) this.#wake();
  }

  keep(): void {}

  answer(answered: QueuedPacket, verdict: number, edited: boolean, marks: boolean): void {
    const kept = this.#given.get(answered.id);
    if (kept === undefined) return;
    this.#given.delete(answered.id);
    this.#all.answer(this.#num, kept, verdict, answered, edited, marks);
  }

  flush(): void {}

  answerAll(verdict: number): void {
    const rest = [...this.#given.values(), ...this.#waiting.splice(0)];
    this.#given.clear();
    for (const kept of rest) this.#all.answer(this.#num, kept, verdict);
  }

  interfaceName(index: number): string {
    return this.#all.interfaceName(index);
  }

  close(): void {
    this.ended = true;
    this.#all.forget(this.#num);
    this.#wake();
  }
}

export class EngineQueues implements QueueSink {
  readonly #firewall: Firewall;
  readonly #queues = new Map<number, EngineQueue>();

  constructor(firewall: Firewall) {
    this.#firewall = firewall;
    firewall.netns.hooks.queues = this;
  }

  /**
   * Lets a handler have the packets of a queue, from now on and until the runner is stopped.
   * @throws RangeError where somebody listens already; what the handler's `open` throws
   */
  async listen(num: number, handler: unknown, options: ListenOptions = {}): Promise<QueueRunner> {
    if (this.#queues.has(num)) throw new RangeError(`queue ${num} is taken`);
    const transport = new EngineQueue(this, num);
    const { clock } = this.#firewall.netns;
    const runner = new QueueRunner({ ...options, handler, transport, clock, littleEndian: false });
    await runner.start();
    this.#queues.set(num, transport);
    return runner;
  }

  /** Packets that wait for a verdict. */
  get waiting(): number {
    let count = 0;
    for (const queue of this.#queues.values()) count += queue.waiting;
    return count;
  }

  forget(num: number): void {
    this.#queues.delete(num);
  }

  interfaceName(index: number): string {
    return this.#firewall.netns.devices.byIndex(index)?.name ?? '';
  }

  enqueue(
    packet: Packet,
    num: number,
    point: HookPoint,
    entries: readonly HookEntry[],
    next: number,
  ): boolean {
    const queue = this.#queues.get(num);
    if (queue === undefined) return false;
    if (this.#firewall.conntrack.isOfAnother(packet)) this.#drop(num, packet);
    else queue.enqueue(packet, point, entries, next);
    return true;
  }

  /** nfqnl_build_packet_message() */
  describe(message: QueueMessage, packet: Packet, point: HookPoint): void {
    message.reset();
    const start = packet.mac >= 0 ? packet.mac : packet.network;
    const length = packet.end - start;
    const isTracked = packet.ct !== 0;
    const buffer = new Uint8Array(length + (isTracked ? CT_ATTRIBUTES.length * ATTRIBUTE : 0));
    buffer.set(packet.buf.subarray(start, packet.end));
    message.buffer = buffer;
    message.payload = packet.network - start;
    message.payloadEnd = length;
    message.length = packet.length;
    message.attributes = 0;
    message.end = buffer.length;
    message.family = FAMILIES[point.family] ?? 0;
    message.hook = point.num;
    message.protocol = packet.protocol;
    message.mark = packet.mark;
    message.priority = packet.priority;
    message.indev = packet.iif?.index ?? 0;
    message.outdev = packet.oif?.index ?? 0;
    message.physindev = packet.bridge?.physIn?.index ?? 0;
    message.physoutdev = packet.bridge?.physOut?.index ?? 0;
    if (packet.mac >= 0 && packet.iif !== null) {
      message.hwaddr = 6;
      message.hwaddrLength = 6;
    }
    // Of sockets that a program holds open, nfqnl_put_sk_uidgid().
    message.uid = packet.sk?.uid ?? -1;
    message.gid = packet.sk?.gid ?? -1;
    this.#stamp(message, packet);
    if (packet.vlanTci >= 0) message.vlanTci = packet.vlanTci;
    if (isTracked || packet.ctinfo === IP_CT_UNTRACKED) message.ctInfo = packet.ctinfo;
    if (isTracked) this.#connection(message, packet.ct, length);
  }

  #stamp(message: QueueMessage, packet: Packet): void {
    if (packet.tstamp === 0) return;
    const { clock } = this.#firewall.netns;
    const time = clock.realtime() - (clock.now() - packet.tstamp) / 1e9;
    message.seconds = Math.floor(time);
    message.microseconds = Math.floor((time - message.seconds) * 1e6);
  }

  #connection(message: QueueMessage, ct: number, at: number): void {
    const { conntrack } = this.#firewall;
    const values = [conntrack.mark(ct), ct, conntrack.status(ct)];
    const view = viewOf(message.buffer);
    CT_ATTRIBUTES.forEach((type, i) => {
      view.setUint16(at + ATTRIBUTE * i, ATTRIBUTE);
      view.setUint16(at + ATTRIBUTE * i + 2, type);
      view.setUint32(at + ATTRIBUTE * i + 4, values[i]!);
    });
    message.ct = at;
    message.ctEnd = at + ATTRIBUTE * CT_ATTRIBUTES.length;
  }

  /** nfqnl_recv_verdict(): what was changed, then nf_reinject(). */
  answer(
    num: number,
    kept: Kept,
    verdict: number,
    answered?: QueuedPacket,
    edited = false,
    marks = false,
  ): void {
    const { packet } = kept;
    const { netns, conntrack } = this.#firewall;
    const route = routeKey(packet);
    if (edited && answered !== undefined)
      mangle(packet, answered.storage.subarray(answered.start, answered.end));
    if (marks && answered?.newMark !== undefined) packet.mark = answered.newMark;
    if (marks && answered?.newCtMark !== undefined && packet.ct !== 0)
      conntrack.setMark(packet.ct, answered.newCtMark);
    const name = verdictName(verdict);
    if (netns.tracer !== null) netns.emit(packet, { kind: 'queue', num, verdict: name, edited });
    const reroute = kept.point.hook === 'output' && name !== 'drop' && changes(route, packet);
    if (reroute && netns.network?.reroute(packet) === false) this.#drop(num, packet);
    else this.#reinject(num, kept, verdict);
  }

  #reinject(num: number, kept: Kept, verdict: number): void {
    const { packet, point, entries, next } = kept;
    const { hooks } = this.#firewall.netns;
    const name = verdictName(verdict);
    if (name === 'accept') this.#goOn(num, kept, hooks.resume(point, packet, entries, next));
    else if (name === 'repeat')
      this.#goOn(num, kept, hooks.resume(point, packet, entries, next - 1));
    else if (name === 'stop') this.#firewall.stack.proceed(packet, point);
    else if (name === 'queue') this.#toAnother(num, kept, verdict);
    else this.#drop(num, packet);
  }

  #toAnother(num: number, kept: Kept, verdict: number): void {
    const { packet, point, entries, next } = kept;
    if (this.enqueue(packet, verdictQueue(verdict), point, entries, next)) return;
    if ((verdict & NF_VERDICT_FLAG_QUEUE_BYPASS) === 0) this.#drop(num, packet);
    else this.#goOn(num, kept, this.#firewall.netns.hooks.resume(point, packet, entries, next));
  }

  #goOn(num: number, { packet, point }: Kept, verdict: Verdict): void {
    if (verdict.kind === 'accept') this.#firewall.stack.proceed(packet, point);
    else if (verdict === DIVERTED) this.#firewall.stack.divert(packet);
    else if (verdict.kind === 'drop') this.#drop(num, packet);
  }

  #drop(num: number, packet: Packet): void {
    const { stack } = this.#firewall;
    stack.finish(packet, stack.drop(packet, 'NETFILTER_DROP', `queue ${num}`));
  }
}

/** nfqnl_mangle(): from the network header on the packet is another. */
function mangle(packet: Packet, bytes: Uint8Array): void {
  const end = packet.network + bytes.length;
  if (end > packet.buf.length) {
    const buf = new Uint8Array(2 * end);
    buf.set(packet.buf.subarray(0, packet.network));
    packet.buf = buf;
  }
  packet.buf.set(bytes, packet.network);
  packet.end = end;
  packet.dissected = false;
  packet.csumValid = false;
  if (packet.protocol === ETH_P_IP || packet.protocol === ETH_P_IPV6) dissectNetwork(packet);
}

interface RouteKey {
  readonly bytes: Uint8Array;
  readonly mark: number;
}

/** What ip_route_me_harder() goes by: nf_ip_saveroute(), nf_ip6_saveroute(). */
const routeKey = ({ buf, network, mark }: Packet): RouteKey => ({
  bytes: buf.slice(network, network + 40),
  mark,
});

function changes(
  { bytes, mark }: RouteKey,
  { buf, network, protocol, mark: now }: Packet,
): boolean {
  const [at, length] = protocol === ETH_P_IPV6 ? [8, 32] : [12, 8];
  if (mark !== now || !equalBytes(bytes, at, buf, network + at, length)) return true;
  return protocol === ETH_P_IP && bytes[1] !== buf[network + 1];
}
