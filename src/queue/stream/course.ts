// One direction of a connection: hears what its sender says, in the sender's count, and says what the
// receiver is told, in the receiver's. Nothing is told out of order, for what a change makes of the bytes
// before decides where the others go; what is not told is not acknowledged, and so is said again.

import { latin1, toLatin1 } from '../../bytes/index.ts';
import { Edits } from './edits.ts';
import type { Outgoing } from './outgoing.ts';
import type { Find } from './rules.ts';

export interface CourseOptions {
  readonly find: Find;
  /** Characters before the next one that patterns may look back at. */
  readonly lookBehind: number;
  /** Bytes that may wait for the rest of a match; one that needs more is none. */
  readonly hold: number;
}

export interface CourseCounts {
  edits: number;
  /** Matches that were decided before all was there, for the sender said the same again. */
  flushed: number;
  /** Matches that were longer than may wait. */
  overlong: number;
  /** Segments that came before those in front of them; their data waits to be said again. */
  early: number;
}

const NOTHING = new Uint8Array(0);

export class Course {
  readonly edits: Edits = new Edits();
  readonly #options: CourseOptions;
  readonly #counts: CourseCounts;
  /** Sequence number of position 0, in both counts. */
  readonly #base: number;
  /** The sender was heard up to here, without a gap. */
  #next = 0;
  /** What it said up to here is decided. */
  #sent = 0;
  /** What is between: it waits for room or for the rest of a match. */
  #held: Uint8Array = NOTHING;
  #before = '';
  /** The receiver has all it was told up to here. */
  #acked = 0;
  #fin = -1;
  #finTold = false;

  constructor(base: number, options: CourseOptions, counts: CourseCounts) {
    this.#base = base;
    this.#options = options;
    this.#counts = counts;
  }

  /** Bytes of memory, about. */
  get size(): number {
    return this.edits.size + this.#held.length;
  }

  /** Nothing is lost when it is forgotten. */
  get isPlain(): boolean {
    return this.edits.shift === 0 && this.edits.size === 0 && this.#held.length === 0;
  }

  get isFinished(): boolean {
    return this.#finTold;
  }

  get #told(): number {
    return this.edits.told(this.#sent);
  }

  /** The position of a sequence number of the sender. */
  position(seq: number): number {
    return this.#next + ((seq - this.#base - this.#next) | 0);
  }

  #position(seq: number): number {
    const near = this.#told;
    return near + ((seq - this.#base - near) | 0);
  }

  #sequence(position: number): number {
    return (this.#base + position) >>> 0;
  }

  // ── the sender's side ─────────────────────────────────────────────────────────────────────────

  /**
   * A segment without data and FIN.
   * @param exactly it is a reset, which has to hit the receiver's next number (RFC 5961 §3.2)
   * @returns its sequence number for the receiver
   */
  silent(seq: number, exactly: boolean): number {
    const at = this.position(seq);
    const told = this.#told;
    if (at > this.#next) return this.#sequence(told + (this.#finTold ? 1 : 0));
    if (at === this.#next) return this.#sequence(told);
    const old = this.edits.told(Math.min(at, this.#sent));
    // A number of the past is a question; it must be one for the receiver too (RFC 9293 §3.8.4).
    return this.#sequence(exactly ? old : Math.min(old, told - 1));
  }

  /**
   * A segment with data or FIN.
   * @param flush decide all that waits
   * @param memory bytes that may be kept
   * @returns its sequence number; the rest is in `out`
   */
  hear(
    seq: number,
    data: Uint8Array,
    fin: boolean,
    flush: boolean,
    room: number,
    memory: number,
    out: Outgoing,
  ): number {
    const at = this.position(seq);
    const end = at + data.length;
    const sent = this.#sent;
    out.begin(Math.max(this.edits.told(Math.min(at, sent)), this.#acked), room);
    if (at > this.#next) {
      this.#counts.early++;
      return this.#sequence(this.#told);
    }
    const again = end <= this.#next && end > sent;
    this.#keep(data, end, memory);
    const whole = end <= this.#next;
    if (fin && whole) this.#fin = end;
    const repeated =
      at >= sent || this.edits.tellAgain(at, Math.min(end, sent), data, out.at, out.tell);
    if (repeated && end >= sent) this.#decide((fin && whole) || flush, again, memory, out);
    const told = this.#told;
    out.fin = fin && this.#sent === this.#fin && out.at + out.length === told;
    if (out.fin) this.#finTold = true;
    if (out.length > 0 || out.fin) return this.#sequence(out.at);
    // All of it is deleted, or had long ago: only what asks for an acknowledgement gets one.
    const asks = at < sent || this.#sent > sent;
    return this.#sequence(asks ? told - 1 : told);
  }

  /** Takes what is new of a segment that ends at `end`, as far as memory goes. */
  #keep(data: Uint8Array, end: number, memory: number): void {
    const fresh = this.#fin >= 0 ? 0 : end - this.#next;
    const taken = Math.min(fresh, memory - this.size);
    if (taken <= 0) return;
    const from = data.length - fresh;
    const held = new Uint8Array(this.#held.length + taken);
    held.set(this.#held);
    held.set(data.subarray(from, from + taken), this.#held.length);
    this.#held = held;
    this.#next += taken;
  }

  /** Tells what waits, as far as it is decided and there is room. */
  #decide(last: boolean, again: boolean, memory: number, out: Outgoing): void {
    const text = this.#before + latin1(this.#held);
    const first = this.#before.length;
    const place = (from: number): number => this.#sent + from - first;
    let from = first;
    let final = last;
    for (;;) {
      const found = this.#options.find(text, from, final);
      const waits = found !== undefined && found.text === undefined;
      if (waits && (again || text.length - found.at > this.#options.hold)) {
        this.#counts[again ? 'flushed' : 'overlong']++;
        final = true;
        continue;
      }
      const same = found?.text !== undefined && text.slice(found.at, found.end) === found.text;
      const plain = same ? found.end : (found?.at ?? text.length);
      const told = Math.min(plain, from + out.room);
      out.tell(this.#held, from - first, told - first);
      from = told;
      if (told < plain || found?.text === undefined) break;
      if (same) continue;
      const bytes = toLatin1(found.text);
      if (bytes.length > out.room && out.length > 0) break;
      if (this.size + bytes.length > memory) break;
      this.edits.add(place(from), place(found.end), bytes);
      this.#counts.edits++;
      from = found.end;
      if (!out.tell(bytes, 0, bytes.length)) break;
    }
    this.#before = text.slice(Math.max(0, from - this.#options.lookBehind), from);
    this.#held = from === text.length ? NOTHING : this.#held.slice(from - first);
    this.#sent = place(from);
  }

  /** Where the receiver hears what the sender says at a sequence number. */
  tell(seq: number): number {
    return this.#sequence(this.edits.told(this.position(seq)));
  }

  // ── the receiver's side ───────────────────────────────────────────────────────────────────────

  /** An acknowledgement of the receiver, for the sender. */
  acknowledge(ack: number): number {
    const out = this.#position(ack);
    const told = this.#told;
    if (out > told + (this.#finTold ? 1 : 0)) this.#catchUp(out);
    else if (out > this.#acked) {
      this.#acked = Math.min(out, told);
      this.edits.forget(this.#acked);
    }
    return this.#sequence(this.edits.heard(out));
  }

  /** The receiver has what never came by here: it went another way, or before this began. */
  #catchUp(out: number): void {
    if (this.edits.shift !== 0 || this.edits.size > 0) return;
    this.#held = this.#held.slice(Math.min(this.#held.length, out - this.#sent));
    this.#sent = out;
    this.#next = Math.max(this.#next, out);
    this.#acked = out;
    this.#before = '';
  }

  /** The edges of a SACK block, for the sender; undefined where nothing of it is left. */
  selective(left: number, right: number): readonly [number, number] | undefined {
    const from = this.edits.heardFrom(this.#position(left));
    const to = this.edits.heard(this.#position(right));
    return from < to ? [this.#sequence(from), this.#sequence(to)] : undefined;
  }
}
