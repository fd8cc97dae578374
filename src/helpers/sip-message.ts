// One SIP message in a packet: its text, and changes to it that keep its bounds.

import type { HelperContext } from './context.ts';
import type { SipState } from './sip-sdp.ts';
import { findHeader, findSdp, isPlace, SIP } from './sip-text.ts';
import { decimalAt, latin1 } from './text.ts';

export class SipMessage {
  readonly cx: HelperContext<SipState>;
  readonly #start: number;
  length: number;

  constructor(cx: HelperContext<SipState>, start: number, length: number) {
    this.cx = cx;
    this.#start = start;
    this.length = length;
  }

  get text(): string {
    return latin1(this.cx.payload.subarray(this.#start, this.#start + this.length));
  }

  get l3(): number {
    return this.cx.l3;
  }

  says(at: number, word: string): boolean {
    return this.text.slice(at, at + word.length).toUpperCase() === word;
  }

  cseq(): { value: number; end: number } | null {
    const { text } = this;
    const found = findHeader(text, 0, SIP['cseq']!, this.l3);
    return isPlace(found)
      ? { value: decimalAt(text, found.at).value, end: found.at + found.length }
      : null;
  }

  /** Replaces a part; sequence numbers are moved once all messages of a segment are done. */
  replace(at: number, length: number, replacement: string): boolean {
    if (!this.cx.rewrite(this.#start + at, length, replacement, false)) return false;
    this.length += replacement.length - length;
    return true;
  }

  /** mangle_content_len(): what the description's length is now. */
  fitContentLength(): boolean {
    const { text, l3 } = this;
    const sdp = findSdp(text, 0, 'version', l3);
    const header = findHeader(text, 0, SIP['contentLength']!, l3);
    if (!isPlace(sdp) || !isPlace(header)) return false;
    const length = text.length - sdp.at + 'v='.length;
    return this.replace(header.at, header.length, String(length));
  }
}
