import { formatIPv4, formatMac, hex } from '../../bytes/index.ts';
import type { DissectedFields, DissectedLayer } from '../dissected.ts';
import { isMalformed } from '../malformed.ts';
import type { NdOption } from '../nd-options.ts';
import { TCP_FLAG_NAMES } from '../tcp.ts';
import type { TcpOption } from '../tcp-options.ts';
import { DEFAULT_WINDOW, likelyNumbers } from './tcp.ts';
import { DCCP_WORDS, DSCP, ICMP_WORDS, ICMPV6_WORDS, SCTP_WORDS } from './words.ts';

/** An IP packet to be written in notation. */
export interface Layers {
  /** From its own header on. */
  readonly all: readonly DissectedLayer[];
  readonly data: (bytes: Uint8Array) => string[];
  /** Writes a packet inside this one. */
  readonly inner: (layers: readonly DissectedLayer[]) => string | undefined;
}

type Fields<N extends DissectedFields['name']> = Extract<DissectedFields, { name: N }>;

const hasName = <N extends DissectedFields['name']>(
  fields: DissectedFields,
  name: N,
): fields is Fields<N> => fields.name === name;

/** The first layer of this name. */
export function fieldOf<N extends DissectedFields['name']>(
  layers: readonly DissectedLayer[],
  name: N,
): Fields<N> | undefined {
  for (const { fields } of layers) if (hasName(fields, name)) return fields;
  return undefined;
}

const bracket = (address: string, port: number | undefined): string => {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

const EXTENSIONS = new Set(['hopByHop', 'fragment', 'destinationOptions']);

/** The IP header's extension headers. */
function extensionsOf({ all }: Layers): readonly DissectedLayer[] {
  const end = all.findIndex(({ fields }, i) => i > 0 && !EXTENSIONS.has(fields.name));
  return all.slice(1, end < 0 ? undefined : end);
}

/** The message of a packet, which follows the IP header and its extension headers. */
const messageOf = (layers: Layers): DissectedFields | undefined =>
  layers.all[1 + extensionsOf(layers).length]?.fields;

function ipHeader({ all }: Layers): Fields<'ipv4'> | Fields<'ipv6'> | undefined {
  const first = all[0]?.fields;
  return first?.name === 'ipv4' || first?.name === 'ipv6' ? first : undefined;
}

/** Protocol words where messages and words have different names. */
const HEADS: Readonly<Record<string, string>> = { icmpv6: 'icmp6' };

const KNOWN = new Set([
  'tcp',
  'udp',
  'udplite',
  'sctp',
  'dccp',
  'icmp',
  'icmpv6',
  'igmp',
  'gre',
  'esp',
]);

/** What an extension header, or the IP header, says comes last. */
function lastProtocol(layers: Layers): number {
  const fragment = fieldOf(extensionsOf(layers), 'fragment');
  const options = fieldOf(extensionsOf(layers), 'hopByHop');
  const ip = ipHeader(layers);
  if (fragment !== undefined) return fragment.nextHeader;
  if (options !== undefined) return options.nextHeader;
  if (ip?.name === 'ipv6') return ip.nextHeader;
  return ip?.protocol ?? 0;
}

/** What a fragment after the first is a piece of. */
const FRAGMENT_HEADS = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp6'],
  [132, 'sctp'],
]);

const isIp = (fields: DissectedFields | undefined): boolean =>
  fields?.name === 'ipv4' || fields?.name === 'ipv6';

function isLater(layers: Layers): boolean {
  const ip = ipHeader(layers);
  const piece = ip?.name === 'ipv4' ? ip : fieldOf(extensionsOf(layers), 'fragment');
  return (piece?.fragmentOffset ?? 0) > 0;
}

/** `tcp 10.0.0.1:40000 > 192.0.2.10:443` */
export function headText(layers: Layers): string | undefined {
  const ip = ipHeader(layers);
  if (ip === undefined) return undefined;
  const message = messageOf(layers);
  const known = message !== undefined && KNOWN.has(message.name);
  const ports = message !== undefined && 'sourcePort' in message ? message : undefined;
  const source = bracket(ip.source, ports?.sourcePort);
  const destination = bracket(ip.destination, ports?.destinationPort);
  const addresses = `${source} > ${destination}`;
  if (known) return `${HEADS[message.name] ?? message.name} ${addresses}`;
  if (isIp(message)) return `ipip ${addresses}`;
  const protocol = lastProtocol(layers);
  const fragment = FRAGMENT_HEADS.get(protocol);
  if (fragment !== undefined && isLater(layers)) return `${fragment} ${addresses}`;
  return `${ip.name === 'ipv4' ? 'ip' : 'ip6'} ${addresses} proto ${protocol}`;
}

const unless = (value: number, usual: number, word: string): string[] =>
  value === usual ? [] : [`${word} ${value}`];

function tosWords(tos: number): string[] {
  if (tos === 0) return [];
  const name = Object.entries(DSCP).find(([, value]) => value === tos >>> 2)?.[0];
  return name !== undefined && (tos & 3) === 0 ? [`dscp ${name}`] : [`tos 0x${tos.toString(16)}`];
}

function fragmentWords(offset: number, more: boolean): string[] {
  return offset === 0 && !more ? [] : [`frag ${offset}${more ? '+' : ''}`];
}

function ipWords(layers: Layers): string[] {
  const ip = ipHeader(layers);
  if (ip === undefined) return [];
  if (ip.name === 'ipv4') {
    return [
      ...unless(ip.ttl, 64, 'ttl'),
      ...tosWords(ip.tos),
      ...unless(ip.identification, 0, 'ipid'),
      ...(ip.dontFragment ? ['df'] : []),
      ...fragmentWords(ip.fragmentOffset, ip.moreFragments),
    ];
  }
  const fragment = fieldOf(extensionsOf(layers), 'fragment');
  const piece = fragment && [
    `frag ${fragment.fragmentOffset}${fragment.moreFragments ? '+' : ''}`,
    ...unless(fragment.identification, 0, 'ipid'),
  ];
  const discovery = fieldOf(layers.all, 'icmpv6')?.nd !== undefined;
  return [
    ...unless(ip.hopLimit, discovery ? 255 : 64, 'ttl'),
    ...tosWords(ip.trafficClass),
    ...(ip.flowLabel === 0 ? [] : [`flow 0x${ip.flowLabel.toString(16)}`]),
    ...(fieldOf(extensionsOf(layers), 'hopByHop') === undefined ? [] : ['hbh']),
    ...(piece ?? []),
  ];
}

const prefixed = (bytes: Uint8Array): string => (bytes.length === 0 ? '' : ` 0x${hex(bytes)}`);

function tcpOptionWords(option: TcpOption): string {
  switch (option.name) {
    case 'mss':
      return `mss ${option.mss}`;
    case 'windowScale':
      return `wscale ${option.shift}`;
    case 'sackPermitted':
      return 'sackok';
    case 'sack':
      return `sack ${option.blocks.map(([left, right]) => `${left}-${right}`).join(' ')}`;
    case 'timestamps':
      return `ts ${option.value} ${option.echo}`;
    case 'fastOpen':
      return `tfo${prefixed(option.cookie)}`;
    case 'md5':
      return `md5${prefixed(option.digest)}`;
    case 'mptcp':
      return `mptcp${prefixed(option.data)}`;
    case 'unknown':
      return `opt ${option.kind}${prefixed(option.data)}`;
    case 'broken':
      return '';
    default:
      return option.name;
  }
}

/** An end-of-list option is padding here, except where it is all there is. */
function tcpOptions(options: readonly TcpOption[]): string[] {
  const last = options.at(-1);
  const list = last?.name === 'eol' && options.length > 1 ? options.slice(0, -1) : options;
  return list.map(tcpOptionWords);
}

function tcpWords(tcp: Fields<'tcp'>): string[] {
  const names = TCP_FLAG_NAMES.filter(([, bit]) => (tcp.flags & bit) !== 0).map(([name]) => name);
  if ((tcp.flags & 0x100) !== 0) names.push('ae');
  const likely = likelyNumbers(tcp.flags);
  const hasAck = (tcp.flags & 0x10) !== 0;
  const ack = hasAck ? 'ack' : 'ack-number';
  return [
    names.length === 0 ? 'no-flags' : names.join(','),
    ...unless(tcp.sequence, likely.sequence, 'seq'),
    ...unless(tcp.acknowledgment, likely.acknowledgment, ack),
    ...unless(tcp.window, DEFAULT_WINDOW, 'win'),
    ...unless(tcp.urgentPointer, 0, 'urg-pointer'),
    ...tcpOptions(tcp.options),
  ];
}

function icmpWords(
  message: Fields<'icmp'> | Fields<'icmpv6'>,
  names: typeof ICMP_WORDS,
  layers: Layers,
): string[] {
  const known = Object.entries(names).find(
    ([, [type, code]]) => type === message.type && code === message.code,
  );
  const head = known?.[0] ?? `type ${message.type} code ${message.code}`;
  const echo = /^echo-/.test(head);
  const rest = echo
    ? [...unless(message.rest >>> 16, 0, 'id'), ...unless(message.rest & 0xffff, 0, 'seq')]
    : restWords(message);
  if (message.quoted !== undefined && message.quoted.length > 0) {
    const inner = layers.inner(message.quoted);
    if (inner !== undefined) return [head, ...rest, `about (${inner})`];
  }
  return [head, ...rest, ...layers.data(message.payload)];
}

function restWords(message: Fields<'icmp'> | Fields<'icmpv6'>): string[] {
  const { type, code, rest } = message;
  if (rest === 0) return [];
  const isMtu = message.name === 'icmp' ? type === 3 && code === 4 : type === 2;
  if (isMtu && (message.name === 'icmpv6' || rest <= 0xffff)) return [`mtu ${rest}`];
  if (message.name === 'icmp' && type === 5) return [`gateway ${formatIPv4(rest)}`];
  return [`rest 0x${rest.toString(16)}`];
}

function lladdrWords(options: readonly NdOption[]): string[] {
  return options.flatMap((option) =>
    (option.name === 'sourceLinkLayer' || option.name === 'targetLinkLayer') &&
    option.address.length === 6
      ? [`lladdr ${formatMac(option.address)}`]
      : [],
  );
}

function ndWords(message: Fields<'icmpv6'>): string[] | undefined {
  const { nd } = message;
  if (nd === undefined || isMalformed(nd)) return undefined;
  const options = lladdrWords(nd.options);
  switch (nd.name) {
    case 'routerSolicitation':
      return ['router-solicitation', ...options];
    case 'routerAdvertisement':
      return ['router-advertisement', ...options];
    case 'neighborSolicitation':
      return ['neighbor-solicitation', `target ${nd.target}`, ...options];
    case 'neighborAdvertisement': {
      const flags = [
        ...(nd.router ? ['router'] : []),
        ...(nd.solicited ? ['solicited'] : []),
        ...(nd.override ? ['override'] : []),
      ];
      return ['neighbor-advertisement', `target ${nd.target}`, ...flags, ...options];
    }
    case 'redirect':
      return [`redirect ${nd.destination}`, `target ${nd.target}`, ...options];
  }
}

function sctpWords(sctp: Fields<'sctp'>, layers: Layers): string[] {
  const words: string[] = [];
  for (const chunk of sctp.chunks) {
    const name = Object.entries(SCTP_WORDS).find(([, kind]) => kind === chunk.name)?.[0];
    const text = chunk.name === 'data' ? layers.data(chunk.payload).join(' ') : '';
    // The text of `data "…"` begins with the chunk's own name.
    words.push(text.startsWith('data ') ? text : `${name ?? chunk.name} ${text}`.trimEnd());
    if (chunk.name === 'init' || chunk.name === 'initAck') {
      words.push(...unless(chunk.initiateTag, 1, 'tag'), ...unless(chunk.initialTsn, 1, 'tsn'));
    }
    if (chunk.name === 'data' || chunk.name === 'shutdown') {
      words.push(...unless(chunk.tsn, 1, 'tsn'));
    }
    if (chunk.name === 'sack') words.push(...unless(chunk.cumulativeTsn, 1, 'tsn'));
    if ((chunk.name === 'abort' || chunk.name === 'shutdownComplete') && chunk.flags === 1) {
      words.push('t-bit');
    }
  }
  const usual = sctp.chunks[0]?.name === 'init' ? 0 : 1;
  return [...words, ...unless(sctp.verificationTag, usual, 'vtag')];
}

function dccpWords(dccp: Fields<'dccp'>): string[] {
  const name = Object.entries(DCCP_WORDS).find(([, type]) => type === dccp.type)?.[0];
  return [
    name ?? 'ack',
    ...unless(dccp.sequence, 0, 'seq'),
    ...unless(dccp.acknowledgment, 0, 'ack'),
    ...unless(dccp.extra, 0, 'service'),
  ];
}

const IGMP_NAMES = new Map([
  [0x11, 'query'],
  [0x12, 'v1-report'],
  [0x16, 'v2-report'],
  [0x17, 'leave'],
]);

function igmpWords(igmp: Fields<'igmp'>): string[] {
  const group = igmp.group === '0.0.0.0' ? [] : [`group ${igmp.group}`];
  const usual = igmp.type === 0x11 ? 100 : 0;
  const name = IGMP_NAMES.get(igmp.type) ?? `igmp-${igmp.type}`;
  return [name, ...group, ...unless(igmp.maxResponseCode, usual, 'max-resp')];
}

/** The packet after layer `at`, in parentheses. */
function carriedWords(at: number, layers: Layers): string[] {
  const inner = layers.inner(layers.all.slice(at));
  return inner === undefined ? [] : [`carrying (${inner})`];
}

function greWords(fields: Fields<'gre'>, layers: Layers): string[] {
  const key = fields.key === undefined ? [] : [`key ${fields.key}`];
  const sequence = fields.sequence === undefined ? [] : [`seq ${fields.sequence}`];
  const at = layers.all.findIndex((layer) => layer.fields === fields);
  return [...key, ...sequence, ...carriedWords(at + 1, layers)];
}

function ownWords(message: DissectedFields, layers: Layers): string[] {
  switch (message.name) {
    case 'tcp':
      return tcpWords(message);
    case 'icmp':
      return icmpWords(message, ICMP_WORDS, layers);
    case 'icmpv6':
      return ndWords(message) ?? icmpWords(message, ICMPV6_WORDS, layers);
    case 'sctp':
      return sctpWords(message, layers);
    case 'dccp':
      return dccpWords(message);
    case 'igmp':
      return igmpWords(message);
    case 'gre':
      return greWords(message, layers);
    case 'ipv4':
    case 'ipv6':
      return carriedWords(
        layers.all.findIndex((layer) => layer.fields === message),
        layers,
      );
    case 'esp':
      return [`spi 0x${message.spi.toString(16)}`, ...unless(message.sequence, 1, 'seq')];
    case 'udp':
      return message.checksum === 0 ? ['nosum'] : [];
    case 'udplite':
      return unless(message.coverage, 0, 'coverage');
    default:
      return [];
  }
}

/** Everything after the addresses. */
export function messageWords(layers: Layers): string[] {
  const message = messageOf(layers);
  const own = message === undefined ? [] : ownWords(message, layers);
  const last = layers.all.at(-1)?.fields;
  // What a tunnel carries has the data, and said so.
  const isOwn = last?.name === 'payload' && message?.name !== 'gre' && !isIp(message);
  return [...own, ...(isOwn ? layers.data(last.bytes) : []), ...ipWords(layers)];
}
