// Reading SIP and SDP as net/netfilter/nf_conntrack_sip.c does: headers by name or by their letter, over
// continuation lines (RFC 3261 §7.3.1), and the few values that name an address.

import { NFPROTO_IPV4 } from '../conntrack/index.ts';
import { isDigit, parseAddress } from './text.ts';

/** Part of a message. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** A place, nothing, or something that cannot be read and where it stands. */
export type Found = Place | null | { readonly malformed: number };

export const isPlace = (found: Found): found is Place => found !== null && !('malformed' in found);

export interface AddressAt extends Place {
  readonly address: readonly number[];
  readonly port: number;
}

export const SIP_PORT = 5060;

/** How long a value is that begins at `at`, and how much of it is skipped before. */
type Measure = (text: string, at: number, l3: number) => { skip: number; length: number };

interface Header {
  readonly name: string;
  readonly short?: string;
  /** What stands before the value inside the header. */
  readonly search?: string;
  readonly measure: Measure;
}

const isAlpha = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;
const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';
const isEnd = (char: string | undefined): boolean => char === '\r' || char === '\n';

const run = (text: string, at: number, is: (code: number) => boolean): number => {
  let end = at;
  while (end < text.length && is(text.charCodeAt(end))) end++;
  return end - at;
};

const digits: Measure = (text, at) => ({ skip: 0, length: run(text, at, isDigit) });

/** in4_pton(), in6_pton() without a delimiter: an address, and where it ends. */
function literal(text: string, at: number, l3: number): { address: number[]; end: number } | null {
  const pattern =
    l3 === NFPROTO_IPV4 ? /\d{1,10}(?:\.\d{1,10}){3}(?![\da-fA-F.])/y : /[\da-fA-F:.]+/y;
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  const plain = l3 === NFPROTO_IPV4 ? found?.split('.').map(Number).join('.') : found;
  const address = plain === undefined ? null : parseAddress(plain, l3);
  return address === null ? null : { address, end: at + found!.length };
}

/** sip_parse_addr(): IPv6 in brackets. */
export function sipAddress(
  text: string,
  at: number,
  l3: number,
  bracketed: boolean,
): { address: number[]; end: number } | null {
  if (l3 === NFPROTO_IPV4) return literal(text, at, l3);
  const open = text[at] === '[';
  if (!open && bracketed) return null;
  const found = literal(text, at + (open ? 1 : 0), l3);
  if (found === null) return null;
  const closed = text[found.end] === ']';
  if (!closed && bracketed) return null;
  return { address: found.address, end: found.end + (closed ? 1 : 0) };
}

/** sip_parse_port(): behind a colon, else the usual one; null for one that is none. */
function sipPort(text: string, at: number): { port: number; end: number } | null {
  if (text[at] !== ':') return { port: SIP_PORT, end: at };
  const length = run(text, at + 1, isDigit);
  const port = Number(text.slice(at + 1, at + 1 + length));
  if (length === 0 || length > 5 || port < 1024 || port > 65535) return null;
  return { port, end: at + 1 + length };
}

const NOTHING = { skip: 0, length: 0 } as const;

/** epaddr_len() */
const endpoint: Measure = (text, at, l3) => {
  const address = sipAddress(text, at, l3, true);
  const port = address === null ? null : sipPort(text, address.end);
  return port === null ? NOTHING : { skip: 0, length: port.end - at };
};

/** skp_epaddr_len(): a user may stand before. */
const userAtEndpoint: Measure = (text, at, l3) => {
  const before = run(text, at, (code) => code !== 64 && code !== 13 && code !== 10);
  const skip = text[at + before] === '@' ? before + 1 : 0;
  return { skip, length: endpoint(text, at + skip, l3).length };
};

export const SIP: Readonly<Record<string, Header>> = {
  cseq: { name: 'CSeq', measure: digits },
  from: { name: 'From', short: 'f', search: 'sip:', measure: userAtEndpoint },
  to: { name: 'To', short: 't', search: 'sip:', measure: userAtEndpoint },
  contact: { name: 'Contact', short: 'm', search: 'sip:', measure: userAtEndpoint },
  viaUdp: { name: 'Via', short: 'v', search: 'UDP ', measure: endpoint },
  viaTcp: { name: 'Via', short: 'v', search: 'TCP ', measure: endpoint },
  expires: { name: 'Expires', measure: digits },
  contentLength: { name: 'Content-Length', short: 'l', measure: digits },
};

/** Whether the text says that at a place, in capitals or not. */
const says = (text: string, at: number, word: string): boolean =>
  text.slice(at, at + word.length).toLowerCase() === word.toLowerCase();

/** Behind a newline that a blank follows; -1 where the header ends there. */
function continued(text: string, at: number): number {
  let next = at + 1;
  if (text[at] === '\r' && text[next] === '\n') next++;
  if (!isBlank(text[next])) return -1;
  while (isBlank(text[next])) next++;
  return next < text.length ? next : -1;
}

/** Blanks, and one continued line; -1 where there is nothing behind. */
function skipBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text[at])) at++;
  if (isEnd(text[at])) at = continued(text, at);
  return at >= 0 && at < text.length ? at : -1;
}

/** A word in the value of a header, over its lines; -1 where it is not there. */
export function searchHeader(
  text: string,
  from: number,
  word: string,
  limit = text.length,
): number {
  for (let at = from; at < limit - word.length; at++) {
    if (isEnd(text[at])) {
      at = continued(text, at);
      if (at < 0) return -1;
      at--;
      continue;
    }
    if (says(text, at, word)) return at;
  }
  return -1;
}

/** Where the next line begins behind `from`; -1 at the end. Callers go on behind its first character. */
function nextLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (!isEnd(text[at])) continue;
    const next = text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
    return next < text.length ? next : -1;
  }
  return -1;
}

/** Behind the name of a header that begins at a place, else -1. */
function behindName(text: string, at: number, header: Header): number {
  if (says(text, at, header.name)) return at + header.name.length;
  const { short } = header;
  if (short === undefined || !says(text, at, short)) return -1;
  const behind = at + short.length;
  return behind < text.length && !isAlpha(text.charCodeAt(behind)) ? behind : -1;
}

function valueIn(text: string, at: number, header: Header, l3: number): Found {
  let value = at;
  if (header.search !== undefined) {
    value = searchHeader(text, at, header.search);
    if (value < 0) return { malformed: at };
    value += header.search.length;
  }
  const { skip, length } = header.measure(text, value, l3);
  return length === 0 ? { malformed: value } : { at: value + skip, length };
}

/** ct_sip_get_header() */
export function findHeader(text: string, from: number, header: Header, l3: number): Found {
  for (let line = nextLine(text, from); line >= 0; line = nextLine(text, line + 1)) {
    if (isBlank(text[line])) continue;
    let at = behindName(text, line, header);
    if (at < 0) continue;
    at = skipBlanks(text, at);
    if (at < 0 || text[at] !== ':') return null;
    at = skipBlanks(text, at + 1);
    return at < 0 ? null : valueIn(text, at, header, l3);
  }
  return null;
}

/** ct_sip_next_header(): the next value behind a comma. */
function nextValue(text: string, from: number, header: Header, l3: number): Found {
  const comma = searchHeader(text, from, ',');
  if (comma < 0) return null;
  const at = searchHeader(text, comma, header.search ?? '');
  if (at < 0) return null;
  const value = at + (header.search?.length ?? 0);
  const { skip, length } = header.measure(text, value, l3);
  return length === 0 ? { malformed: value } : { at: value + skip, length };
}

/** Where a walk through the values of a header stands. */
export interface Walk {
  from: number;
  inHeader: boolean;
}

/** ct_sip_walk_headers() */
function walkTo(text: string, header: Header, l3: number, walk: Walk): Place | null {
  const step = (next: typeof nextValue): Place | null => {
    for (;;) {
      const found = next(text, walk.from, header, l3);
      if (found === null || isPlace(found)) return found;
      walk.from = found.malformed;
    }
  };
  if (walk.inHeader) {
    const found = step(nextValue);
    if (found !== null) return found;
    walk.inHeader = false;
  }
  const found = step(findHeader);
  if (found !== null) walk.inHeader = true;
  return found;
}

/** ct_sip_parse_header_uri(): `malformed` for an address that is none. */
export function findUri(
  text: string,
  header: Header,
  l3: number,
  walk: Walk = { from: 0, inHeader: false },
): AddressAt | null | 'malformed' {
  const place = walkTo(text, header, l3, walk);
  if (place === null) return null;
  const address = sipAddress(text, place.at, l3, true);
  const port = address === null ? null : sipPort(text, address.end);
  if (address === null || port === null) return 'malformed';
  walk.from = port.end;
  return { ...place, address: address.address, port: port.port };
}

/** ct_sip_parse_request(): the address in the first line. */
export function requestUri(text: string, l3: number): AddressAt | null {
  const method = run(text, 0, isAlpha);
  if (method === 0) return null;
  const line = text.slice(0, text.search(/[\r\n]|$/));
  const uri = line.toLowerCase().indexOf('sip:', method + 1);
  if (uri < 0) return null;
  const { skip, length } = userAtEndpoint(text, uri + 4, l3);
  if (length === 0) return null;
  const at = uri + 4 + skip;
  const address = sipAddress(text, at, l3, true)!;
  return { at, length, address: address.address, port: sipPort(text, address.end)!.port };
}

/** The end of the value a parameter belongs to: a comma begins another one. */
function valueEnd(text: string, from: number): number {
  const comma = searchHeader(text, from, ',');
  return comma < 0 ? text.length : comma;
}

/** Behind the name of a parameter, -1 without it. */
function parameterAt(text: string, from: number, name: string): number {
  const at = searchHeader(text, from, name, valueEnd(text, from));
  return at < 0 ? -1 : at + name.length;
}

/** ct_sip_parse_numerical_param() */
export function numberParameter(
  text: string,
  from: number,
  name: string,
): (Place & { readonly value: number }) | null | 'malformed' {
  const at = parameterAt(text, from, name);
  if (at < 0) return null;
  const length = run(text, at, isDigit);
  const value = Number(text.slice(at, at + length));
  return length === 0 || value > 0xffffffff ? 'malformed' : { at, length, value };
}

/** ct_sip_parse_address_param() */
export function addressParameter(
  text: string,
  from: number,
  name: string,
  l3: number,
  bracketed: boolean,
): (Place & { readonly address: readonly number[] }) | null {
  const at = parameterAt(text, from, name);
  const found = at < 0 ? null : sipAddress(text, at, l3, bracketed);
  return found === null ? null : { at, length: found.end - at, address: found.address };
}

/** What `transport=` says, '' where it says nothing. */
export function transportOf(text: string, from: number): string {
  const at = parameterAt(text, from, 'transport=');
  return at < 0 ? '' : text.slice(at, at + 3).toUpperCase();
}

const sdpAddress: Measure = (text, at, l3) => {
  const found = literal(text, at, l3);
  return found === null ? NOTHING : { skip: 0, length: found.end - at };
};

/** media_len(): a word and a port. */
const media: Measure = (text, at) => {
  const word = run(text, at, isAlpha);
  if (text[at + word] !== ' ') return NOTHING;
  return { skip: 0, length: word + 1 + run(text, at + word + 1, isDigit) };
};

export type SdpLine = 'version' | 'owner' | 'connection' | 'media';
const SDP: Readonly<Record<SdpLine, { prefix: string; inside: boolean; measure: Measure }>> = {
  version: { prefix: 'v=', inside: false, measure: digits },
  owner: { prefix: 'o=', inside: true, measure: sdpAddress },
  connection: { prefix: 'c=', inside: true, measure: sdpAddress },
  media: { prefix: 'm=', inside: false, measure: media },
};

/** ct_sip_get_sdp_header(): a line of a session description, before one of another kind. */
export function findSdp(
  text: string,
  from: number,
  line: SdpLine,
  l3: number,
  before?: SdpLine,
): Found {
  const { prefix, inside, measure } = SDP[line];
  for (let at = nextLine(text, from); at >= 0; at = nextLine(text, at + 1)) {
    if (before !== undefined && says(text, at, SDP[before].prefix)) return null;
    if (!says(text, at, prefix)) continue;
    let value = at + prefix.length;
    if (inside) {
      const word = l3 === NFPROTO_IPV4 ? 'IN IP4 ' : 'IN IP6 ';
      const end = text.slice(value).search(/[\r\n]|$/) + value;
      const found = text.slice(value, end).indexOf(word);
      if (found < 0) return { malformed: value };
      value += found + word.length;
    }
    const { skip, length } = measure(text, value, l3);
    return length === 0 ? { malformed: value } : { at: value + skip, length };
  }
  return null;
}

/** The address of such a line. */
export function sdpAddressOf(
  text: string,
  from: number,
  line: SdpLine,
  l3: number,
  before: SdpLine,
): (Place & { readonly address: readonly number[] }) | null {
  const found = findSdp(text, from, line, l3, before);
  if (!isPlace(found)) return null;
  const address = literal(text, found.at, l3);
  return address === null ? null : { ...found, address: address.address };
}
