// The PACKET… of `sluice trace`: what each argument asks for.
import { parseDuration } from './duration.ts';
import { Failure } from './failure.ts';

export type PacketRequest =
  /** In the notation of room packet. */
  | { readonly kind: 'notation'; readonly text: string }
  /** From the link header on, or from the network header. */
  | { readonly kind: 'hex'; readonly digits: string; readonly device: string | undefined }
  | { readonly kind: 'capture'; readonly path: string; readonly frames: FrameRanges }
  | { readonly kind: 'advance'; readonly ns: number }
  /** A command of ip(8), which changes the network. */
  | { readonly kind: 'ip'; readonly command: string };

/** Closed ranges of frame numbers, counted from 1; the last may have no end. */
export type FrameRanges = readonly (readonly [number, number])[];

const CAPTURE = /^(.+\.(?:pcap|pcapng|cap|dump))(?:#([\d,-]+))?$/i;

/** Reads the arguments in order; `advance` and `hex` may have their value as an argument of its own. */
export function packetRequests(args: readonly string[]): PacketRequest[] {
  const requests: PacketRequest[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = (args[i] ?? '').trim();
    const takesNext = word === 'advance' || word === 'hex';
    requests.push(packetRequest(takesNext ? `${word} ${args[++i] ?? ''}` : word));
  }
  return requests;
}

function packetRequest(text: string): PacketRequest {
  const advance = /^advance\b(.*)$/s.exec(text);
  if (advance !== null) return { kind: 'advance', ns: durationOf(advance[1] ?? '') };
  // `ip A > B` is a packet.
  if (/^ip\s+(l|link|a|addr|address|r|route|n|neigh)\s/.test(text))
    return { kind: 'ip', command: text };
  const hex = /^hex\b([\s\da-fx:]*)(?:,\s*in\s+(\S+))?$/is.exec(text);
  if (hex !== null) return { kind: 'hex', digits: hexOf(hex[1] ?? ''), device: hex[2] };
  const capture = CAPTURE.exec(text);
  if (capture !== null)
    return { kind: 'capture', path: capture[1] ?? '', frames: frameRanges(capture[2]) };
  if (text === '') throw new Failure('an empty packet');
  return { kind: 'notation', text };
}

function durationOf(text: string): number {
  const ns = parseDuration(text);
  if (ns === undefined)
    throw new Failure(`advance: '${text.trim()}' is no time; try 5d, 1h30m or 250ms`);
  return ns;
}

function hexOf(text: string): string {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]/g, '');
  if (digits === '') throw new Failure('hex: no bytes follow');
  if (digits.length % 2 !== 0) throw new Failure('hex: an odd number of digits');
  if (/[^0-9a-f]/i.test(digits)) throw new Failure('hex: something that is no digit');
  return digits;
}

/** `12,15-20,30-`; absent means all frames. */
export function frameRanges(text: string | undefined): FrameRanges {
  if (text === undefined) return [[1, Number.POSITIVE_INFINITY]];
  return text.split(',').map((range) => {
    const [, from = '', dash = '', to = ''] = /^(\d*)(-?)(\d*)$/.exec(range) ?? [];
    const first = from === '' ? 1 : Number(from);
    const last = dash === '' ? first : to === '' ? Number.POSITIVE_INFINITY : Number(to);
    const isEmpty = from === '' && to === '';
    if (isEmpty || first < 1 || last < first) throw new Failure(`'${range}' is no range of frames`);
    return [first, last] as const;
  });
}

export const inRanges = (ranges: FrameRanges, frame: number): boolean =>
  ranges.some(([from, to]) => frame >= from && frame <= to);
