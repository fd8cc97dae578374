import { hex, utf8Decode, utf8Encode } from '../../bytes/index.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../uapi/index.ts';
import { dissect } from '../dissect.ts';
import type { DissectedLayer } from '../dissected.ts';
import { isNotationError } from './error.ts';
import { parsePacketNotation } from './parse.ts';
import { fieldOf, headText, type Layers, messageWords } from './print-words.ts';

export interface NotationOptions {
  /** LINKTYPE_* of the bytes; LINKTYPE_RAW unless given. */
  readonly linkType?: number;
  /** Write what reads back as the very same bytes, data and all, if need be as hexadecimal. */
  readonly exact?: boolean;
}

const isPlain = (text: string): boolean => /^[\x20-\x7e\r\n\t]+$/.test(text);

const quoteText = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replace(/\r/g, '\\r').replace(/\n/g, '\\n').replace(/\t/g, '\\t')}"`;

/** Data as text where it is text, as a length where it is zeros or nobody asked. */
function dataWords(bytes: Uint8Array, exact: boolean): string[] {
  if (bytes.length === 0) return [];
  if (!exact || bytes.every((byte) => byte === 0)) return [`len ${bytes.length}`];
  const text = utf8Decode(bytes);
  const same = isPlain(text) && utf8Encode(text).length === bytes.length;
  return [same ? `data ${quoteText(text)}` : `hex ${hex(bytes)}`];
}

/** The packet as hexadecimal, which can say anything. */
const hexText = (bytes: Uint8Array, linkType: number): string =>
  `${linkType === LINKTYPE_ETHERNET ? 'frame' : 'hex'} ${hex(bytes)}`;

function reads(text: string, bytes: Uint8Array, linkType: number): boolean {
  const spec = parsePacketNotation(text);
  if (isNotationError(spec) || spec.linkType !== linkType) return false;
  return spec.bytes.length === bytes.length && spec.bytes.every((byte, i) => byte === bytes[i]);
}

function linkWords(layers: readonly DissectedLayer[]): string[] {
  const ethernet = fieldOf(layers, 'ethernet');
  if (ethernet === undefined || layers[0]?.fields !== ethernet) return [];
  const words = [`from ${ethernet.source} > ${ethernet.destination}`];
  let outer = ethernet.type;
  for (const { fields } of layers.slice(1)) {
    if (fields.name !== 'vlan') break;
    const priority = fields.priority === 0 ? '' : ` prio ${fields.priority}`;
    words.push(`${outer === 0x88a8 ? 'qinq' : 'vlan'} ${fields.id}${priority}`);
    outer = fields.type;
  }
  return words;
}

function arpText(layers: readonly DissectedLayer[]): string | undefined {
  const arp = fieldOf(layers, 'arp');
  if (arp?.operation === 1) return `arp who-has ${arp.targetAddress} tell ${arp.senderAddress}`;
  if (arp?.operation !== 2) return undefined;
  const to = arp.targetAddress === '0.0.0.0' ? '' : ` to ${arp.targetAddress}`;
  return `arp reply ${arp.senderAddress} is-at ${arp.senderMac}${to}`;
}

const LINK_NAMES = new Set(['ethernet', 'vlan', 'link']);

/** The layers from the first network header on. */
const withoutLink = (layers: readonly DissectedLayer[]): readonly DissectedLayer[] =>
  layers.slice(layers.findIndex(({ fields }) => !LINK_NAMES.has(fields.name)));

/** Packets inside packets are written this deep. */
const MAX_DEPTH = 8;

/** Words of the IP packet in `layers`; undefined where the notation has none for it. */
function ipText(layers: readonly DissectedLayer[], exact: boolean, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const inner: Layers = {
    all: layers,
    data: (bytes) => dataWords(bytes, exact),
    inner: (carried) => ipText(carried, exact, depth + 1),
  };
  const head = headText(inner);
  return head === undefined ? undefined : [head, ...messageWords(inner)].join(' ');
}

/**
 * The short notation of a packet: for reading, with `exact` such that `parsePacketNotation` gives
 * the same bytes. Bytes that have no notation are written as hexadecimal.
 */
export function notationOf(bytes: Uint8Array, options: NotationOptions = {}): string {
  const linkType = options.linkType ?? LINKTYPE_RAW;
  const exact = options.exact ?? false;
  const layers = dissect(bytes, linkType);
  const link = linkWords(layers);
  const text = arpText(layers) ?? ipText(withoutLink(layers), exact);
  if (text === undefined) return hexText(bytes, linkType);
  const whole = [text, ...(exact ? link : link.slice(1))].join(' ');
  return exact && !reads(whole, bytes, linkType) ? hexText(bytes, linkType) : whole;
}
