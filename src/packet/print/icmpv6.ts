import { formatIPv6, formatMac, hex, u16, u32 } from '../../bytes/index.ts';
import { expectedChecksum } from '../checksums.ts';
import { ICMPV6_HEADER_LENGTH, Icmpv6View } from '../icmpv6.ts';
import { IPV6_DESTINATION, IPV6_HEADER_LENGTH, IPV6_NEXT_HEADER, IPV6_SOURCE } from '../ipv6.ts';
import { headerPlace, skipIPv6Extensions } from '../ipv6-walk.ts';
import { isMalformed } from '../malformed.ts';
import { type GroupRecord, isMldType, type MldMessage, parseMld } from '../mld.ts';
import { isNdType, type NdMessage, parseNd } from '../nd.ts';
import type { NdOption } from '../nd-options.ts';
import { flagNames, hex4, type Names, nameOf, RECORD_NAMES } from './names.ts';
import { headerBytes, isCut, type Spot } from './spot.ts';

const TYPE_NAMES: Names = new Map([
  [1, 'destination unreachable'],
  [2, 'packet too big'],
  [3, 'time exceeded in-transit'],
  [4, 'parameter problem'],
  [128, 'echo request'],
  [129, 'echo reply'],
  [130, 'multicast listener query'],
  [131, 'multicast listener report'],
  [132, 'multicast listener done'],
  [133, 'router solicitation'],
  [134, 'router advertisement'],
  [135, 'neighbor solicitation'],
  [136, 'neighbor advertisement'],
  [137, 'redirect'],
  [138, 'router renumbering'],
  [139, 'who-are-you request'],
  [140, 'who-are-you reply'],
  [141, 'inverse neighbor solicitation'],
  [142, 'inverse neighbor advertisement'],
  [143, 'multicast listener report v2'],
  [144, 'dhaad request'],
  [145, 'dhaad reply'],
  [146, 'mobile router solicitation'],
  [147, 'mobile router advertisement'],
]);

const UNREACHABLE: Names = new Map([
  [0, 'unreachable route'],
  [1, 'unreachable prohibited'],
  [2, 'beyond scope'],
  [3, 'unreachable address'],
  [4, 'unreachable port'],
  [5, 'unreachable source policy'],
  [6, 'unreachable reject route'],
]);

const place = headerPlace();

function portUnreachable(quoted: Uint8Array, address: string): string {
  const next = quoted[IPV6_NEXT_HEADER]!;
  const found = skipIPv6Extensions(quoted, IPV6_HEADER_LENGTH, quoted.length, next, place);
  if (!found || place.offset + 4 > quoted.length) return ' [|icmp6]';
  const port = u16(quoted, place.offset + 2);
  const name = place.protocol === 6 ? 'tcp' : place.protocol === 17 ? 'udp' : undefined;
  return name === undefined
    ? `, ${address} protocol ${place.protocol} port ${port} unreachable`
    : `, ${address} ${name} port ${port}`;
}

function unreachable({ code, payload }: Icmpv6View): string {
  const what = `, ${nameOf(UNREACHABLE, code, `unknown unreach code (${code})`)}`;
  if (payload.length < IPV6_HEADER_LENGTH) return `${what} [|icmp6]`;
  const address = formatIPv6(payload, IPV6_DESTINATION);
  if (code === 2) {
    return `${what} ${address}, source address ${formatIPv6(payload, IPV6_SOURCE)}`;
  }
  if (code === 4) return `${what}${portUnreachable(payload, address)}`;
  return `${what} ${address}`;
}

function timeExceeded({ code, payload }: Icmpv6View): string {
  if (code === 1) return ' (reassembly)';
  if (code > 1) return `, unknown code (${code})`;
  if (payload.length < IPV6_HEADER_LENGTH) return ' [|icmp6]';
  return ` for ${formatIPv6(payload, IPV6_DESTINATION)}`;
}

const PROBLEMS = ['erroneous', 'next header', 'option', 'incomplete header chain'];

function parameterProblem({ code, rest }: Icmpv6View): string {
  const problem = PROBLEMS[code];
  return problem === undefined ? `, code-#${code}` : `, ${problem} - octet ${rest}`;
}

const seconds = (value: number): string => (value === 0xffffffff ? 'infinity' : `${value}s`);

/** A link-layer address of Ethernet, or the bytes of another. */
const linkAddress = (address: Uint8Array): string =>
  address.length === 6 ? formatMac(address) : hex(address, ':');

const PREFIX_FLAGS = [
  [0x80, 'onlink'],
  [0x40, 'auto'],
  [0x20, 'router'],
] as const;

/** Name, type and what is said of each option. */
function optionParts(option: NdOption): readonly [string, number, number, string] {
  switch (option.name) {
    case 'sourceLinkLayer':
      return ['source link-address', 1, option.address.length + 2, linkAddress(option.address)];
    case 'targetLinkLayer':
      return [
        'destination link-address',
        2,
        option.address.length + 2,
        linkAddress(option.address),
      ];
    case 'prefix':
      return [
        'prefix info',
        3,
        32,
        `${option.prefix}/${option.prefixLength}, Flags [${flagNames(option.flags, PREFIX_FLAGS)}], ` +
          `valid time ${seconds(option.validLifetime)}, pref. time ${seconds(option.preferredLifetime)}`,
      ];
    case 'redirectedHeader':
      return ['redirected header', 4, option.packet.length + 8, ''];
    case 'mtu':
      return ['mtu', 5, 8, String(option.mtu)];
    case 'nonce':
      return ['nonce', 14, option.nonce.length + 2, hex(option.nonce)];
    case 'rdnss': {
      const servers = option.servers.map((server) => ` addr: ${server}`).join('');
      const length = 8 + 16 * option.servers.length;
      return ['rdnss', 25, length, `lifetime ${seconds(option.lifetime)},${servers}`];
    }
    case 'unknown':
      return ['unknown', option.type, option.data.length + 2, hex(option.data)];
    case 'broken':
      return ['[bad option]', option.data[0] ?? 0, option.data.length, ''];
  }
}

function optionText(option: NdOption): string {
  const [name, type, length, what] = optionParts(option);
  return ` ${name} option (${type}), length ${length} (${length >>> 3}): ${what}`.trimEnd();
}

const PREFERENCES = ['medium', 'high', 'rsv', 'low'];

const RA_FLAGS = [
  [0x80, 'managed'],
  [0x40, 'other stateful'],
  [0x20, 'home agent'],
] as const;

function ndText(message: NdMessage): string {
  switch (message.name) {
    case 'routerSolicitation':
      return '';
    case 'routerAdvertisement':
      return (
        ` hop limit ${message.hopLimit}, Flags [${flagNames(message.flags, RA_FLAGS)}], ` +
        `pref ${PREFERENCES[(message.flags >>> 3) & 3]}, router lifetime ${message.lifetime}s, ` +
        `reachable time ${message.reachableTime}ms, retrans timer ${message.retransTimer}ms`
      );
    case 'neighborSolicitation':
      return `, who has ${message.target}`;
    case 'neighborAdvertisement': {
      const flags = [
        ...(message.router ? ['router'] : []),
        ...(message.solicited ? ['solicited'] : []),
        ...(message.override ? ['override'] : []),
      ];
      return `, tgt is ${message.target}, Flags [${flags.join(', ') || 'none'}]`;
    }
    case 'redirect':
      return `, ${message.destination} to ${message.target}`;
  }
}

export const recordText = (record: GroupRecord): string => {
  const type = nameOf(RECORD_NAMES, record.type, ` [v3-report-#${record.type}]`);
  return ` [gaddr ${record.group} ${type}, ${record.sources.length} source(s)]`;
};

/** RFC 3810 §5.1.3: from 0x8000 on a mantissa of 12 bits and an exponent of 3. */
const mldDelay = (code: number): number =>
  code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >>> 12) & 7) + 3);

function mldText(message: MldMessage): string {
  switch (message.name) {
    case 'report2':
      return `, ${message.records.length} group record(s)${message.records.map(recordText).join('')}`;
    case 'query2': {
      const sources = message.sources.length > 0 ? `, ${message.sources.length} source(s)` : '';
      const robustness = (message.flags & 7) !== 0 ? ` robustness=${message.flags & 7}` : '';
      const interval = message.qqic !== 0 ? ` qqi=${message.qqic}` : '';
      const delay = ` v2 [max resp delay=${mldDelay(message.maxResponseCode)}]`;
      return `${delay} [gaddr ${message.group}${robustness}${interval}${sources}]`;
    }
    default:
      return ` max resp delay: ${message.maxResponseCode} addr: ${message.group}`;
  }
}

function detailText(icmp: Icmpv6View): string {
  const { type, bytes } = icmp;
  if (isNdType(type)) {
    const message = parseNd(bytes);
    if (isMalformed(message)) return `, length ${bytes.length} [|icmp6]`;
    const options = message.options.map(optionText).join('');
    return `, length ${bytes.length}${ndText(message)}${options}`;
  }
  if (isMldType(type)) {
    const message = parseMld(bytes);
    return isMalformed(message) ? ' [|icmp6]' : mldText(message);
  }
  switch (type) {
    case 1:
      return unreachable(icmp);
    case 2:
      return `, mtu ${u32(bytes, 4)}`;
    case 3:
      return timeExceeded(icmp);
    case 4:
      return parameterProblem(icmp);
    case 128:
    case 129:
      return `, id ${icmp.identifier}, seq ${icmp.sequence}`;
    default:
      return `, length ${bytes.length}`;
  }
}

function checksumText(spot: Spot, icmp: Icmpv6View): string {
  if (spot.fragmented || isCut(spot)) return '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  if (expected < 0) return '';
  return expected === icmp.checksum
    ? '[icmp6 sum ok] '
    : `[bad icmp6 cksum ${hex4(icmp.checksum)} -> ${hex4(expected)}!] `;
}

export function printIcmpv6(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < ICMPV6_HEADER_LENGTH) return ' [|icmp6]';
  const icmp = new Icmpv6View(bytes);
  const type = nameOf(TYPE_NAMES, icmp.type, `unknown icmp6 type (${icmp.type})`);
  return `${checksumText(spot, icmp)}ICMP6, ${type}${detailText(icmp)}`;
}
