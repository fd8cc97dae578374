// Verdicts written one after the other into one buffer, for one send(2): each is a message of its
// own, or one NFQNL_MSG_VERDICT_BATCH stands for a run of packets that get the same plain verdict
// (nfqnl_recv_verdict(), nfqnl_recv_verdict_batch(), net/netfilter/nfnetlink_queue.c).

import { copyBytes, put16, put16le, put32, put32le } from '../../bytes/index.ts';
import {
  CTA_LABELS,
  CTA_LABELS_MASK,
  CTA_MARK,
  CTA_MARK_MASK,
  NFNL_SUBSYS_QUEUE,
  NFQA_CT,
  NFQA_MARK,
  NFQA_PAYLOAD,
  NFQA_VERDICT_HDR,
  NFQNL_MSG_VERDICT,
  NFQNL_MSG_VERDICT_BATCH,
  NLA_F_NESTED,
  NLM_F_REQUEST,
} from '../../uapi/index.ts';
import { align4 } from '../attributes.ts';
import { NLMSG_HDRLEN } from '../message.ts';

const ATTRIBUTE = 4;
/** Headers, the verdict, a mark, a connection's mark and label with their masks. */
const FIXED = 128;

/** What else a verdict may carry. */
export interface VerdictExtras {
  /** Of the packet; undefined leaves it. */
  readonly mark: number | undefined;
  /** The packet as it goes on, between `start` and `end`; undefined leaves it. */
  readonly bytes: Uint8Array | undefined;
  readonly start: number;
  readonly end: number;
  readonly ctMark: number | undefined;
  /** 16 bytes, as struct nf_conn_labels holds them. */
  readonly ctLabel: Uint8Array | undefined;
}

export class VerdictWriter {
  readonly #littleEndian: boolean;
  #buffer: Uint8Array;
  #length = 0;
  /** Start of the message being written. */
  #message = 0;

  constructor(littleEndian: boolean, capacity = 1 << 17) {
    this.#littleEndian = littleEndian;
    this.#buffer = new Uint8Array(capacity);
  }

  get buffer(): Uint8Array {
    return this.#buffer;
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#buffer.length, this.#length + more));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  #half(at: number, value: number): void {
    if (this.#littleEndian) put16le(this.#buffer, at, value);
    else put16(this.#buffer, at, value);
  }

  #word(at: number, value: number): void {
    if (this.#littleEndian) put32le(this.#buffer, at, value);
    else put32(this.#buffer, at, value);
  }

  /** nlmsghdr and nfgenmsg, of AF_UNSPEC; the length follows in #finish. */
  #begin(type: number, queue: number): void {
    const at = this.#length;
    this.#message = at;
    this.#half(at + 4, (NFNL_SUBSYS_QUEUE << 8) | type);
    this.#half(at + 6, NLM_F_REQUEST);
    this.#word(at + 8, 0);
    this.#word(at + 12, 0);
    put16(this.#buffer, at + NLMSG_HDRLEN, 0);
    put16(this.#buffer, at + NLMSG_HDRLEN + 2, queue);
    this.#length = at + NLMSG_HDRLEN + 4;
  }

  /** Writes the header of an attribute and gives the place of its value. */
  #attribute(type: number, length: number): number {
    const at = this.#length;
    this.#half(at, ATTRIBUTE + length);
    this.#half(at + 2, type);
    this.#length = at + ATTRIBUTE + align4(length);
    for (let i = at + ATTRIBUTE + length; i < this.#length; i++) this.#buffer[i] = 0;
    return at + ATTRIBUTE;
  }

  #number(type: number, value: number): void {
    put32(this.#buffer, this.#attribute(type, 4), value);
  }

  /** struct nfqnl_msg_verdict_hdr */
  #verdict(verdict: number, id: number): void {
    const at = this.#attribute(NFQA_VERDICT_HDR, 8);
    put32(this.#buffer, at, verdict);
    put32(this.#buffer, at + 4, id);
  }

  #finish(): void {
    this.#word(this.#message, this.#length - this.#message);
  }

  /** The same verdict for every packet of the queue up to `id`. */
  batch(queue: number, id: number, verdict: number): void {
    this.#reserve(FIXED);
    this.#begin(NFQNL_MSG_VERDICT_BATCH, queue);
    this.#verdict(verdict, id);
    this.#finish();
  }

  one(queue: number, id: number, verdict: number, extras?: VerdictExtras): void {
    const size = extras?.bytes === undefined ? 0 : extras.end - extras.start;
    if (size > 0xffff - ATTRIBUTE) throw new RangeError(`a packet of ${size} bytes in a verdict`);
    this.#reserve(FIXED + size);
    this.#begin(NFQNL_MSG_VERDICT, queue);
    this.#verdict(verdict, id);
    if (extras !== undefined) this.#extras(extras, size);
    this.#finish();
  }

  #extras(extras: VerdictExtras, size: number): void {
    if (extras.mark !== undefined) this.#number(NFQA_MARK, extras.mark);
    if (extras.ctMark !== undefined || extras.ctLabel !== undefined) this.#connection(extras);
    if (extras.bytes === undefined) return;
    const at = this.#attribute(NFQA_PAYLOAD, size);
    copyBytes(extras.bytes, extras.start, extras.end, this.#buffer, at);
  }

  /** nfqnl_ct_parse() hands these to ctnetlink: mark and label, with masks of all ones. */
  #connection({ ctMark, ctLabel }: VerdictExtras): void {
    const nest = this.#attribute(NFQA_CT | NLA_F_NESTED, 0);
    if (ctMark !== undefined) {
      this.#number(CTA_MARK, ctMark);
      this.#number(CTA_MARK_MASK, 0xffffffff);
    }
    if (ctLabel !== undefined) {
      this.#buffer.set(ctLabel, this.#attribute(CTA_LABELS, ctLabel.length));
      const mask = this.#attribute(CTA_LABELS_MASK, ctLabel.length);
      this.#buffer.fill(0xff, mask, mask + ctLabel.length);
    }
    this.#half(nest - ATTRIBUTE, this.#length - nest + ATTRIBUTE);
  }
}
