// What a helper is given with a packet: the payload, the connection both ways, private state, and the
// means to announce connections and to rewrite what the packet says.

import { u32 } from '../bytes/index.ts';
import type { Conntrack, Tuple } from '../conntrack/index.ts';
import {
  adjustFrom,
  createTuple,
  directionOf,
  expectationText,
  expectedTuple,
  IPS_NAT_MASK,
  l3Of,
  l4Of,
  T_DST,
  T_SRC,
} from '../conntrack/index.ts';
import type { Packet, Verdict } from '../core/index.ts';
import { ACCEPT, DROP, IP_CT_ESTABLISHED, IP_CT_ESTABLISHED_REPLY } from '../core/index.ts';
import type { Nat } from '../nat/index.ts';
import { expectPort, FOLLOW_MASTER, manglePayload, payloadStart } from '../nat/index.ts';
import { IPPROTO_TCP } from '../uapi/index.ts';
import { latin1, toLatin1 } from './text.ts';

/** Words of an address, as tuples hold them. */
export type Address = ArrayLike<number>;

/** A connection that is to come; what is left out is that of the other direction of this one. */
export interface Announcement {
  readonly port: number;
  /** Position in the helper's policies. Default 0. */
  readonly class?: number;
  /** IPPROTO_*. Default: that of this connection. */
  readonly protocol?: number;
  /** Who opens it; null is anybody. Default: who receives this packet. */
  readonly from?: Address | null;
  readonly fromPort?: number;
  /** Where it goes. Default: who sent this packet, as the receiver knows it. */
  readonly to?: Address;
  /** NF_CT_EXPECT_*. */
  readonly flags?: number;
  /** Helper of the connection announced. */
  readonly helper?: string;
  /** How NAT treats it when it comes, where that is not as its master (a function by name). */
  readonly fn?: string;
  /** NF_CT_EXP_F_SKIP_MASTER. */
  readonly skipMaster?: boolean;
}

/** An announcement for the very port it names, whatever else there is. */
export interface ExactAnnouncement extends Announcement {
  /** The direction the expected connection takes; without one NAT does not touch it. */
  readonly direction?: 0 | 1;
  /** The port it comes to, where that is not the one it shall end at. */
  readonly at?: number;
}

export class HelperContext<S> {
  readonly helper: string;
  readonly ct: Conntrack;
  readonly nat: Nat | null;
  packet: Packet;
  slot = 0;
  ctinfo = 0;
  /** Direction of the packet: 0 original, 1 reply. */
  dir: 0 | 1 = 0;
  readonly #tuples: readonly [Tuple, Tuple] = [createTuple(), createTuple()];

  constructor(helper: string, ct: Conntrack, nat: Nat | null, packet: Packet) {
    this.helper = helper;
    this.ct = ct;
    this.nat = nat;
    this.packet = packet;
  }

  /** Turns to a packet; one object serves all. */
  begin(packet: Packet, slot: number, ctinfo: number): void {
    this.packet = packet;
    this.slot = slot;
    this.ctinfo = ctinfo;
    this.dir = directionOf(ctinfo);
    this.grown = 0;
    this.ct.readTuple(slot, 0, this.#tuples[0]);
    this.ct.readTuple(slot, 1, this.#tuples[1]);
  }

  /** Private state of the connection; what is written to it stays. */
  get state(): S {
    return this.ct.helperSide(this.slot)?.data as S;
  }

  set state(value: S) {
    const side = this.ct.helperSide(this.slot);
    if (side !== null) side.data = value;
  }

  /** Traffic was seen both ways. */
  get established(): boolean {
    return this.ctinfo === IP_CT_ESTABLISHED || this.ctinfo === IP_CT_ESTABLISHED_REPLY;
  }

  /** The connection is translated, so that addresses in the payload must be, too. */
  get translated(): boolean {
    return this.nat !== null && (this.ct.status(this.slot) & IPS_NAT_MASK) !== 0;
  }

  get opposite(): 0 | 1 {
    return this.dir === 0 ? 1 : 0;
  }

  /** Both tuples as they are before translation undoes itself: `own` of this packet's direction. */
  get own(): Tuple {
    return this.#tuples[this.dir];
  }

  get other(): Tuple {
    return this.#tuples[this.opposite];
  }

  tuple(dir: 0 | 1): Tuple {
    return this.#tuples[dir];
  }

  get l3(): number {
    return l3Of(this.#tuples[0]);
  }

  /** The bytes behind the transport header; empty where that is cut short. A view. */
  get payload(): Uint8Array {
    const start = payloadStart(this.packet);
    return this.packet.buf.subarray(Math.min(start, this.packet.end), this.packet.end);
  }

  /** The payload as text, a character per byte. */
  get text(): string {
    return latin1(this.payload);
  }

  /** Sequence number of a TCP segment. */
  get seq(): number {
    return u32(this.packet.buf, this.packet.transport + 4);
  }

  /**
   * Announces a connection. Where this one is translated, the announced one will be, too, and another
   * port is taken where this one would clash. The port to be told to the other side, 0 for a refusal.
   */
  announce(wanted: Announcement): number {
    const request = this.request(wanted);
    if (!this.translated) {
      const result = this.ct.expectations.add(request);
      this.tell(request, result === 'ok' ? 'created' : 'refused', result === 'ok' ? '' : result);
      return result === 'ok' ? wanted.port : 0;
    }
    const port = expectPort(this.ct, request, wanted.port);
    this.tell(request, port === 0 ? 'refused' : 'created', port === 0 ? 'no port' : '');
    return port;
  }

  /** As {@link announce}, but for this port or none. */
  announceExactly(wanted: ExactAnnouncement): boolean {
    const { direction, at = wanted.port } = wanted;
    const { fn: _fn, direction: _direction, ...plain } = this.request({ ...wanted, port: at });
    const follows = this.translated && direction !== undefined;
    const result = this.ct.expectations.add(
      follows
        ? { ...plain, fn: wanted.fn ?? FOLLOW_MASTER, direction, savedPort: wanted.port }
        : { ...plain, savedPort: 0 },
    );
    this.tell(plain, result === 'ok' ? 'created' : 'refused', result === 'ok' ? '' : result);
    return result === 'ok';
  }

  /** What {@link announce} asks for. */
  request(wanted: Announcement): Parameters<Conntrack['expectations']['add']>[0] {
    const { own, other } = this;
    const { tuple, mask } = expectedTuple({
      l3: this.l3,
      l4: wanted.protocol ?? l4Of(own),
      source: wanted.from === undefined ? other.subarray(T_SRC, T_SRC + 4) : wanted.from,
      ...(wanted.fromPort === undefined ? {} : { sourcePort: wanted.fromPort }),
      destination: wanted.to ?? other.subarray(T_DST, T_DST + 4),
      port: wanted.port,
    });
    return {
      tuple,
      mask,
      master: this.slot,
      class: wanted.class ?? 0,
      flags: wanted.flags ?? 0,
      helper: wanted.helper ?? '',
      skipMaster: wanted.skipMaster ?? false,
      ...(this.translated
        ? { fn: wanted.fn ?? FOLLOW_MASTER, direction: this.opposite, savedPort: wanted.port }
        : {}),
    };
  }

  /** nf_ct_unexpect_related(): what was announced and cannot be told is not expected any more. */
  withdraw({ tuple }: { readonly tuple: Tuple }): void {
    const made = this.ct.expectations.find(tuple, this.ct.zoneId(this.slot));
    if (made !== undefined) this.ct.expectations.remove(made);
  }

  /**
   * Replaces part of the payload. False where that is not possible.
   * @param adjust false: the caller moves the sequence numbers itself, when all is done
   */
  rewrite(
    offset: number,
    length: number,
    replacement: string | Uint8Array,
    adjust = true,
  ): boolean {
    const bytes = typeof replacement === 'string' ? toLatin1(replacement) : replacement;
    const { tracer } = this.ct.netns;
    const from = tracer === null ? '' : this.text.slice(offset, offset + length);
    if (!manglePayload(this.ct, this.packet, offset, length, bytes, adjust)) return false;
    if (tracer !== null) {
      const text = `payload at ${offset}`;
      const { helper } = this;
      this.ct.netns.emit(this.packet, {
        kind: 'helper',
        helper,
        action: 'rewrote',
        text,
        from,
        to: latin1(bytes),
      });
    }
    return true;
  }

  /** nf_ct_helper_log(): ends the packet, saying why. */
  drop(why: string): Verdict {
    const { netns } = this.ct;
    if (netns.tracer !== null)
      netns.emit(this.packet, {
        kind: 'helper',
        helper: this.helper,
        action: 'dropped',
        text: why,
      });
    this.packet.dropReason = `helper ${this.helper}: ${why}`;
    return DROP;
  }

  /** Says in a trace what was found; without one nothing happens. */
  note(text: string): Verdict {
    const { netns } = this.ct;
    if (netns.tracer !== null)
      netns.emit(this.packet, { kind: 'helper', helper: this.helper, action: 'read', text });
    return ACCEPT;
  }

  /** Tells of an expectation that was made here or by other means. */
  tell(
    request: { readonly tuple: Tuple; readonly mask: Tuple },
    action: 'created' | 'refused',
    why: string,
  ): void {
    if (this.ct.netns.tracer === null) return;
    this.ct.netns.emit(this.packet, {
      kind: 'expectation',
      action,
      expects: expectationText(request),
      master: this.ct.snapshot(this.slot),
      helper: this.helper,
      ...(why === '' ? {} : { why }),
    });
  }

  /** What was rewritten without adjusting, in bytes; then {@link adjustGrown}. */
  grown = 0;

  /** Moves the sequence numbers by all that the segment has grown. */
  adjustGrown(): void {
    adjustFrom(this.ct.store, this.slot, this.dir, this.seq, this.grown);
  }

  get isTcp(): boolean {
    return this.packet.l4proto === IPPROTO_TCP;
  }
}
