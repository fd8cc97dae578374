import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../uapi/index.ts';
import type { BuildPart } from '../build/build.ts';
import { readArp } from './arp.ts';
import { Cursor, fail, own, type Token } from './cursor.ts';
import {
  assemble,
  COMMON_WORDS,
  type Draft,
  IP_WORDS,
  ipLayers,
  isLaterFragment,
  newDraft,
  PORT_WORDS,
  payloadOf,
  type Sender,
  type Words,
} from './draft.ts';
import { readPair } from './endpoint.ts';
import { type NotationError, NotationFailure, nearest } from './error.ts';
import { icmpParser, icmpv6Parser } from './icmp.ts';
import type { Pair, ProtocolParser, ReadInner } from './protocol.ts';
import { tcpParser } from './tcp.ts';
import {
  dccpParser,
  espParser,
  greParser,
  igmpParser,
  rawParser,
  sctpParser,
  tunnelParser,
  udpLiteParser,
  udpParser,
} from './transports.ts';

/** A packet as its notation describes it. */
export interface PacketSpec {
  /**
   * The packet, with a link header only where the notation has one (`from`, `vlan`, `arp`,
   * `frame`).
   */
  readonly bytes: Uint8Array;
  /** LINKTYPE_ETHERNET or LINKTYPE_RAW. */
  readonly linkType: number;
  /** The interface after `in` or `out`. */
  readonly iface?: string;
  /** `in`: received; `out`: made locally (`out`, `local`); `auto`: not said. */
  readonly direction: 'in' | 'out' | 'auto';
  readonly mark?: number;
  /** Who sends it, of a packet made locally. */
  readonly sender?: Sender;
  /** What IPsec has undone of a packet that comes in, outermost first. */
  readonly secpath?: readonly { readonly spi: number; readonly reqid: number }[];
  /** Of a frame: its MAC addresses were given, not chosen here. */
  readonly hasAddresses: boolean;
}

type MakeParser = (readInner: ReadInner, family: 4 | 6) => ProtocolParser;

const icmpOf: MakeParser = (readInner, family) =>
  family === 4 ? icmpParser(readInner) : icmpv6Parser(readInner);

const PROTOCOL_PARSERS: Readonly<Record<string, MakeParser>> = {
  tcp: tcpParser,
  udp: udpParser,
  udplite: udpLiteParser,
  sctp: sctpParser,
  dccp: dccpParser,
  icmp: icmpOf,
  icmp6: icmpOf,
  icmpv6: icmpOf,
  ping: icmpOf,
  igmp: igmpParser,
  gre: greParser,
  esp: espParser,
  ipip: tunnelParser,
  ip: rawParser,
  ip6: rawParser,
};

/** All words a packet notation can begin with. */
const BEGINNINGS = [...Object.keys(PROTOCOL_PARSERS), 'arp', 'hex', 'frame'];

/** Reads words until the end, or the parenthesis that closes an inner packet. */
function readWords(
  cursor: Cursor,
  draft: Draft,
  words: Words,
  other?: ProtocolParser['other'],
): void {
  for (let token = cursor.peek(); token !== undefined; token = cursor.peek()) {
    if (token.kind === 'close') return;
    cursor.next('a word');
    const word = token.kind === 'word' ? own(words, token.text) : undefined;
    if (word !== undefined) word(cursor, draft);
    else if (other?.(token, cursor) !== true) throw unknownWord(token, words);
  }
}

function unknownWord(token: Token, words: Words): NotationFailure {
  const meant = nearest(token.text, Object.keys(words));
  return fail(token, `'${token.raw}' means nothing here`, meant);
}

function checkPorts(cursor: Cursor, parser: ProtocolParser, pair: Pair, draft: Draft): void {
  const port = draft.destinationPort ?? pair[1].port;
  if (!parser.ports || isLaterFragment(draft) || port !== undefined) return;
  throw cursor.missing(`the destination port, as in ${exampleOf(pair[1].family)},`);
}

const exampleOf = (family: 4 | 6): string => (family === 4 ? '192.0.2.1:443' : '[2001:db8::1]:443');

/** An IP packet whose first word was taken; fills `draft`. */
function readIp(cursor: Cursor, first: Token, draft: Draft): BuildPart[] {
  const make = own(PROTOCOL_PARSERS, first.text);
  if (make === undefined) {
    const meant = nearest(first.text, BEGINNINGS);
    throw fail(first, `no packet begins with '${first.raw}'`, meant);
  }
  const pair = readPair(cursor);
  const parser = make(readInner, pair[0].family);
  const ports = parser.ports ? PORT_WORDS : {};
  const words = { ...COMMON_WORDS, ...IP_WORDS, ...ports, ...parser.words };
  readWords(cursor, draft, words, parser.other);
  checkPorts(cursor, parser, pair, draft);
  // Later fragments carry bytes from the middle; a layer may yet change the draft, so it is asked
  // first.
  const body = isLaterFragment(draft) ? [payloadOf(draft)] : parser.layers(draft, pair);
  return [...ipLayers(draft, pair, parser.protocol), ...body];
}

/** What an inner packet says about interface, direction and mark, it says about the outer one. */
function passOn(inner: Draft, outer: Draft): void {
  if (inner.direction !== 'auto') outer.direction = inner.direction;
  outer.iface ??= inner.iface;
  outer.mark ??= inner.mark;
  outer.sender ??= inner.sender;
  outer.secpath.push(...inner.secpath);
  outer.macs ??= inner.macs;
  outer.tags.push(...inner.tags);
}

const readInner: ReadInner = (cursor, outer) => {
  const opened = cursor.acceptKind('open');
  const draft = newDraft();
  const first = cursor.next('the inner packet');
  const parts = first.text === 'hex' ? [cursor.hexBytes()] : readIp(cursor, first, draft);
  if (opened && !cursor.acceptKind('close')) throw cursor.missing("')'");
  passOn(draft, outer);
  return assemble(newDraft(), parts).bytes;
};

/** `hex 4500…` and `frame 0200…`: whole packets; only the words about their way may follow. */
function readHex(cursor: Cursor, linkType: number, draft: Draft) {
  const bytes = cursor.hexBytes(true);
  readWords(cursor, draft, COMMON_WORDS);
  return { bytes, linkType };
}

function readPacket(cursor: Cursor, draft: Draft) {
  const first = cursor.next('the packet');
  if (first.text === 'hex') return readHex(cursor, LINKTYPE_RAW, draft);
  if (first.text === 'frame') return readHex(cursor, LINKTYPE_ETHERNET, draft);
  if (first.text === 'arp') {
    const layer = readArp(cursor, draft, (words) => readWords(cursor, draft, words));
    return assemble(draft, [layer], true);
  }
  return assemble(draft, readIp(cursor, first, draft));
}

function failureValue(failure: NotationFailure, text: string): NotationError {
  const { message, column, length, suggestion } = failure;
  return {
    notationError: true,
    message,
    text,
    column,
    length,
    ...(suggestion !== undefined && { suggestion }),
  };
}

/**
 * Reads the short notation of a packet, which docs/packet-notation.md describes. Lengths and checksums are
 * computed. Never throws.
 *
 * @example
 * parsePacketNotation('tcp 10.0.1.2:40000 > 192.0.2.10:443 syn, in eth0');
 * parsePacketNotation('icmp 10.0.0.1 > 10.0.0.2 echo-request id 7 seq 1');
 */
export function parsePacketNotation(text: string): PacketSpec | NotationError {
  try {
    const cursor = new Cursor(text);
    const draft = newDraft();
    const { bytes, linkType } = readPacket(cursor, draft);
    const stray = cursor.peek();
    if (stray !== undefined) throw fail(stray, `'${stray.raw}' closes nothing`);
    return {
      bytes,
      linkType,
      direction: draft.direction,
      ...(draft.iface !== undefined && { iface: draft.iface }),
      ...(draft.mark !== undefined && { mark: draft.mark }),
      ...(draft.sender !== undefined && { sender: draft.sender }),
      ...(draft.secpath.length > 0 && { secpath: draft.secpath }),
      hasAddresses: draft.macs !== undefined,
    };
  } catch (failure) {
    if (failure instanceof NotationFailure) return failureValue(failure, text);
    if (!(failure instanceof RangeError)) throw failure;
    // What no word alone is guilty of: 60 bytes of TCP options, say.
    return failureValue(new NotationFailure(failure.message, 1, text.length), text);
  }
}
