// pcapng options (draft-ietf-opsawg-pcapng §3.5): code, length, value padded to four bytes.
import { utf8Decode, utf8Encode, viewOf } from '../bytes/index.ts';
import { CaptureError } from './error.ts';
import type { CaptureOption, PacketRecord } from './records.ts';

/** Option codes of §3.5 and §4 that something here gives a meaning to; all others are kept as well. */
export const OptionCode = {
  endOfOptions: 0,
  comment: 1,
  shbHardware: 2,
  shbOs: 3,
  shbUserAppl: 4,
  ifName: 2,
  ifDescription: 3,
  ifTsResol: 9,
  ifFilter: 11,
  ifOs: 12,
  ifTsOffset: 14,
  ifHardware: 15,
  epbFlags: 2,
  epbDropCount: 4,
  isbIfRecv: 4,
  isbIfDrop: 5,
} as const;

/** Shared by every record without options, so that a plain packet allocates none. */
export const NO_OPTIONS: readonly CaptureOption[] = Object.freeze([]);

/**
 * Options from `at` up to `end`; `offset` is the file offset of `at`, for errors. A list may end
 * without opt_endofopt, which several writers leave out.
 * @throws CaptureError when an option runs past its block.
 */
export function parseOptions(
  view: DataView,
  at: number,
  end: number,
  le: boolean,
  offset: number,
): readonly CaptureOption[] {
  const start = at;
  const options: CaptureOption[] = [];
  while (end - at >= 4) {
    const code = view.getUint16(at, le);
    const length = view.getUint16(at + 2, le);
    if (code === OptionCode.endOfOptions) break;
    if (length > end - at - 4)
      throw new CaptureError(
        offset + at - start,
        `option ${code} claims ${length} bytes, its block has ${end - at - 4} left`,
      );
    const value = new Uint8Array(view.buffer, view.byteOffset + at + 4, length);
    options.push({ code, value });
    at += 4 + ((length + 3) & ~3);
  }
  return options.length === 0 ? NO_OPTIONS : options;
}

/** Encoded options with the closing opt_endofopt, or nothing for an empty list. */
export function encodeOptions(options: readonly CaptureOption[], le: boolean): Uint8Array {
  if (options.length === 0) return new Uint8Array(0);
  const size = options.reduce((n, o) => n + 4 + ((o.value.length + 3) & ~3), 4);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  for (const { code, value } of options) {
    if (value.length > 0xffff) throw new RangeError(`option ${code} is longer than 65535 bytes`);
    view.setUint16(at, code, le);
    view.setUint16(at + 2, value.length, le);
    out.set(value, at + 4);
    at += 4 + ((value.length + 3) & ~3);
  }
  return out;
}

/** A string option; text beyond 65,535 bytes of UTF-8 is cut, as the length field ends there. */
export const textOption = (code: number, text: string): CaptureOption => ({
  code,
  value: utf8Encode(text).subarray(0, 0xffff),
});

/** Value of the first option with this code, as text. */
export function optionText(options: readonly CaptureOption[], code: number): string | undefined {
  const found = options.find((o) => o.code === code);
  return found && utf8Decode(found.value);
}

/** Every comment of a record, in order. */
export const commentsOf = (record: { readonly options: readonly CaptureOption[] }): string[] =>
  record.options.filter((o) => o.code === OptionCode.comment).map((o) => utf8Decode(o.value));

/** Which way a packet went, where its capture says so (epb_flags, §4.3.1). */
export function directionOf(packet: PacketRecord): 'inbound' | 'outbound' | undefined {
  if (packet.form !== 'enhanced') return undefined;
  const flags = packet.options.find((o) => o.code === OptionCode.epbFlags)?.value;
  if (flags === undefined || flags.length < 4) return undefined;
  const word = viewOf(flags).getUint32(0, packet.interface.section.littleEndian);
  return (['inbound', 'outbound'] as const)[(word & 3) - 1];
}
