import { concatBytes, formatMac, parseMac, utf8Decode } from '../../bytes/index.ts';
import { IPPROTO_HOPOPTS, LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../uapi/index.ts';
import { type BuildPart, build } from '../build/build.ts';
import type { Layer } from '../build/layer.ts';
import { ethernet, hopByHop, ipv4, ipv6, ipv6Fragment, vlan } from '../build/network.ts';
import { type Cursor, fail, own } from './cursor.ts';
import type { Endpoint } from './endpoint.ts';
import { DSCP, ECN, PROTOCOLS, SERVICES } from './words.ts';

/** The program that sends a packet of this machine's own. */
export interface Sender {
  readonly uid?: number;
  readonly gid?: number;
  /** Path in the cgroup v2 hierarchy. */
  readonly cgroup?: string;
  /** net_cls group. */
  readonly classid?: number;
}

/**
 * What the words after the addresses said so far; the protocol's own words are kept by its parser.
 */
export interface Draft {
  ttl: number | undefined;
  tos: number;
  id: number | undefined;
  dontFragment: boolean;
  moreFragments: boolean;
  /** In bytes; undefined for what is no fragment. */
  fragment: number | undefined;
  flowLabel: number;
  ipChecksum: number | undefined;
  hopByHop: boolean;
  /** The transport checksum as given. */
  checksum: number | undefined;
  data: Uint8Array | undefined;
  /** Wanted length of the data; filled with zeros. */
  length: number | undefined;
  /** Ports given apart from their addresses. */
  sourcePort: number | undefined;
  destinationPort: number | undefined;
  macs: readonly [source: string, destination: string] | undefined;
  tags: { id: number; priority: number; tpid: number }[];
  iface: string | undefined;
  direction: 'in' | 'out' | 'auto';
  mark: number | undefined;
  sender: Sender | undefined;
  secpath: { spi: number; reqid: number }[];
}

export const newDraft = (): Draft => ({
  ttl: undefined,
  tos: 0,
  id: undefined,
  dontFragment: false,
  moreFragments: false,
  fragment: undefined,
  flowLabel: 0,
  ipChecksum: undefined,
  hopByHop: false,
  checksum: undefined,
  data: undefined,
  length: undefined,
  sourcePort: undefined,
  destinationPort: undefined,
  macs: undefined,
  tags: [],
  iface: undefined,
  direction: 'auto',
  mark: undefined,
  sender: undefined,
  secpath: [],
});

/** What a word does with the draft; it reads its arguments from the cursor. */
export type Word = (cursor: Cursor, draft: Draft) => void;
export type Words = Readonly<Record<string, Word>>;

function readMac(cursor: Cursor, wanted: string): string {
  const token = cursor.next(wanted);
  const bytes = parseMac(token.text);
  if (bytes === undefined) throw fail(token, `'${token.raw}' is no MAC address`);
  return formatMac(bytes);
}

/** `from 02:…:01 > 02:…:02` */
function readMacs(cursor: Cursor, draft: Draft): void {
  const source = readMac(cursor, 'the source MAC address');
  if (!cursor.acceptKind('arrow')) cursor.accept('to');
  draft.macs = [source, readMac(cursor, 'the destination MAC address')];
}

/** `frag 1480+`: offset in bytes, `+` while more fragments follow. */
function readFragment(cursor: Cursor, draft: Draft): void {
  const token = cursor.next('the fragment offset');
  const match = /^(\d+)(\+?)$/.exec(token.text);
  if (match === null) throw fail(token, `'${token.raw}' is no fragment offset, such as 1480+`);
  const offset = Number(match[1]);
  if (offset % 8 !== 0) {
    throw fail(token, 'a fragment offset is a multiple of 8', `${offset & ~7}${match[2]}`);
  }
  if (offset > 65528) throw fail(token, 'a fragment offset is at most 65528');
  draft.fragment = offset;
  if (match[2] === '+') draft.moreFragments = true;
}

/** A name that is a word of its own elsewhere is none here: `in` wants one, `out` may have one. */
function readInterface(cursor: Cursor): string {
  const token = cursor.next('the interface');
  if (token.kind !== 'word' || token.raw.length > 15) {
    throw fail(token, `'${token.raw}' is no interface name`);
  }
  return token.raw;
}

function addTag(cursor: Cursor, draft: Draft, tpid: number): void {
  const id = cursor.number('the VLAN identifier', 4095);
  const priority = cursor.accept('prio', 'pcp') ? cursor.number('the VLAN priority', 7) : 0;
  draft.tags.push({ id, priority, tpid });
}

const setLocal: Word = (_, draft) => {
  draft.direction = 'out';
};

/** Words every packet may have. */
export const COMMON_WORDS: Words = {
  in: (cursor, draft) => {
    draft.direction = 'in';
    draft.iface = readInterface(cursor);
  },
  iif: (cursor, draft) => {
    draft.direction = 'in';
    draft.iface = readInterface(cursor);
  },
  out: (cursor, draft) => {
    draft.direction = 'out';
    const token = cursor.peek();
    const isName = token?.kind === 'word' && own(COMMON_WORDS, token.text) === undefined;
    if (isName) draft.iface = readInterface(cursor);
  },
  local: setLocal,
  output: setLocal,
  mark: (cursor, draft) => {
    draft.mark = cursor.number('the mark', 0xffffffff);
  },
  uid: (cursor, draft) => {
    draft.sender = { ...draft.sender, uid: cursor.number('the user', 0xffffffff) };
  },
  gid: (cursor, draft) => {
    draft.sender = { ...draft.sender, gid: cursor.number('the group', 0xffffffff) };
  },
  cgroup: (cursor, draft) => {
    draft.sender = { ...draft.sender, cgroup: utf8Decode(cursor.text('the cgroup')) };
  },
  classid: (cursor, draft) => {
    draft.sender = { ...draft.sender, classid: cursor.number('the net_cls group', 0xffffffff) };
  },
  ipsec: (cursor, draft) => {
    const spi = cursor.number('the SPI', 0xffffffff);
    const reqid = cursor.accept('reqid') ? cursor.number('the request', 0xffffffff) : 0;
    draft.secpath.push({ spi, reqid });
  },
  from: readMacs,
  mac: readMacs,
  ether: readMacs,
  vlan: (cursor, draft) => addTag(cursor, draft, 0x8100),
  qinq: (cursor, draft) => addTag(cursor, draft, 0x88a8),
  data: (cursor, draft) => {
    draft.data = cursor.text('the data');
  },
  hex: (cursor, draft) => {
    draft.data = cursor.hexBytes();
  },
  len: (cursor, draft) => {
    draft.length = cursor.number('the length', 65535);
  },
  length: (cursor, draft) => {
    draft.length = cursor.number('the length', 65535);
  },
};

const readTtl: Word = (cursor, draft) => {
  draft.ttl = cursor.number('the time to live', 255);
};

/** `ecn ce` */
export function readEcn(cursor: Cursor, draft: Draft): void {
  draft.tos = (draft.tos & 0xfc) | cursor.named('ECN code point', ECN, 3);
}

/** Words of IP packets. */
export const IP_WORDS: Words = {
  ttl: readTtl,
  hoplimit: readTtl,
  hlim: readTtl,
  tos: (cursor, draft) => {
    draft.tos = cursor.number('the type of service', 255);
  },
  dscp: (cursor, draft) => {
    draft.tos = (cursor.named('DSCP', DSCP, 63) << 2) | (draft.tos & 3);
  },
  ecn: readEcn,
  id: (cursor, draft) => {
    draft.id = cursor.number('the identification', 0xffffffff);
  },
  ipid: (cursor, draft) => {
    draft.id = cursor.number('the identification', 0xffffffff);
  },
  df: (_, draft) => {
    draft.dontFragment = true;
  },
  mf: (_, draft) => {
    draft.moreFragments = true;
    draft.fragment ??= 0;
  },
  frag: readFragment,
  fragment: readFragment,
  flow: (cursor, draft) => {
    draft.flowLabel = cursor.number('the flow label', 0xfffff);
  },
  hbh: (_, draft) => {
    draft.hopByHop = true;
  },
  sum: (cursor, draft) => {
    draft.checksum = cursor.number('the checksum', 0xffffffff);
  },
  nosum: (_, draft) => {
    draft.checksum = 0;
  },
  ipsum: (cursor, draft) => {
    draft.ipChecksum = cursor.number('the IP checksum', 0xffff);
  },
};

/** Words of protocols that have ports. */
export const PORT_WORDS: Words = {
  sport: (cursor, draft) => {
    draft.sourcePort = cursor.named('port', SERVICES, 65535);
  },
  dport: (cursor, draft) => {
    draft.destinationPort = cursor.named('port', SERVICES, 65535);
  },
};

/** The data, as long as `len` wants it. */
export function payloadOf(draft: Draft): Uint8Array {
  const data = draft.data ?? new Uint8Array(0);
  const missing = (draft.length ?? 0) - data.length;
  return missing > 0 ? concatBytes(data, new Uint8Array(missing)) : data;
}

/** True for fragments after the first, which have no transport header. */
export const isLaterFragment = (draft: Draft): boolean => (draft.fragment ?? 0) > 0;

/** @throws RangeError on an identification that only IPv6 has room for */
function ipv4Layer(draft: Draft, source: string, destination: string, protocol: number): Layer {
  if ((draft.id ?? 0) > 65535) throw new RangeError('an IPv4 identification is at most 65535');
  return ipv4({
    source,
    destination,
    protocol,
    tos: draft.tos,
    dontFragment: draft.dontFragment,
    moreFragments: draft.moreFragments,
    fragmentOffset: draft.fragment ?? 0,
    identification: draft.id ?? 0,
    ...(draft.ttl !== undefined && { ttl: draft.ttl }),
    ...(draft.ipChecksum !== undefined && { checksum: draft.ipChecksum }),
  });
}

function ipv6Layers(draft: Draft, source: string, destination: string, protocol: number): Layer[] {
  const isFragment = draft.fragment !== undefined;
  const first = draft.hopByHop ? IPPROTO_HOPOPTS : undefined;
  const afterOptions = isFragment ? undefined : protocol;
  const header = ipv6({
    source,
    destination,
    trafficClass: draft.tos,
    flowLabel: draft.flowLabel,
    ...(first === undefined && afterOptions !== undefined && { nextHeader: afterOptions }),
    ...(draft.ttl !== undefined && { hopLimit: draft.ttl }),
  });
  const options = hopByHop(afterOptions === undefined ? {} : { nextHeader: afterOptions });
  const fragment = ipv6Fragment({
    nextHeader: protocol,
    fragmentOffset: draft.fragment ?? 0,
    moreFragments: draft.moreFragments,
    identification: draft.id ?? 0,
  });
  return [header, ...(draft.hopByHop ? [options] : []), ...(isFragment ? [fragment] : [])];
}

/** The IP header or headers of a draft. */
export const ipLayers = (
  draft: Draft,
  [source, destination]: readonly [Endpoint, Endpoint],
  protocol: number,
): Layer[] =>
  source.family === 4
    ? [ipv4Layer(draft, source.address, destination.address, protocol)]
    : ipv6Layers(draft, source.address, destination.address, protocol);

/** Addresses of frames whose notation has a tag but no addresses: locally administered ones. */
export const DEFAULT_MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;

function linkLayers(draft: Draft): Layer[] {
  const [source, destination] = draft.macs ?? DEFAULT_MACS;
  return [ethernet({ source, destination }), ...draft.tags.map((tag) => vlan(tag))];
}

/** The packet's bytes, with a link header where the draft, or `frame`, asks for one. */
export function assemble(
  draft: Draft,
  parts: readonly BuildPart[],
  frame = false,
): { readonly bytes: Uint8Array; readonly linkType: number } {
  const hasLink = frame || draft.macs !== undefined || draft.tags.length > 0;
  return hasLink
    ? { bytes: build([...linkLayers(draft), ...parts]), linkType: LINKTYPE_ETHERNET }
    : { bytes: build(parts), linkType: LINKTYPE_RAW };
}

/** `proto 89` or `proto ospf`. */
export const readProtocol = (cursor: Cursor): number => cursor.named('protocol', PROTOCOLS, 255);
