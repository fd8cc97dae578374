// Values of options and parts of elements: numbers, Ethernet addresses, ports.

import { hex } from '../../bytes/index.ts';
import { IpsetFault, refused, syntax } from './fault.ts';
import { icmpNumber } from './icmp.ts';
import { type IpsetNames, protocolName, protocolNumber, serviceNumber } from './names.ts';

/** strtoull(3) with base 0: decimal, 0x… and 0…; a minus wraps. */
export function readNumber(text: string): bigint | undefined {
  const match = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  return sign === '-' ? BigInt.asUintN(64, -value) : value;
}

const MAX_U64 = 0xffffffffffffffffn;

const outOfRange = (text: string, least: number | bigint, most: number | bigint): string =>
  `'${text}' is out of range ${least}-${most}`;

/** What is wrong with a text as a number between bounds, or the number. */
function bounded(text: string, most: bigint): bigint | string {
  const value = readNumber(text);
  if (value === undefined) return `'${text}' is invalid as number`;
  return value > most || value > MAX_U64 ? outOfRange(text, 0, most) : value;
}

export function numberUpTo(text: string, most: number): number {
  const value = bounded(text, BigInt(most));
  return typeof value === 'string' ? syntax(value) : Number(value);
}

export const u8 = (text: string): number => numberUpTo(text, 0xff);
export const u16 = (text: string): number => numberUpTo(text, 0xffff);
export const u32 = (text: string): number => numberUpTo(text, 0xffffffff);

/** Timeouts are milliseconds in 31 bits to the kernel. */
export const MAX_TIMEOUT = 2147483;

export const timeout = (text: string): number => numberUpTo(text, MAX_TIMEOUT);

export function u64(text: string): string {
  const value = bounded(text, MAX_U64 - 1n);
  return typeof value === 'string' ? syntax(value) : String(value);
}

export function cidr(text: string, least: number, most: number): number {
  const value = u8(text);
  return value < least || value > most ? syntax(outOfRange(text, least, most)) : value;
}

export function mac(text: string): string {
  const octets = text.split(':');
  const good =
    text.length <= 17 && octets.length === 6 && octets.every((o) => /^[0-9a-f]{1,2}$/i.test(o));
  if (!good) return syntax(`cannot parse '${text}' as ethernet address`);
  return hex(Uint8Array.from(octets, (octet) => Number.parseInt(octet, 16)));
}

/** `0x1/0xff`; what follows is not looked at (sscanf). */
export function skbmark(text: string): { skbmark: number; skbmarkmask: number } {
  const both = /^0x([0-9a-f]+)\/0x([0-9a-f]+)/i.exec(text);
  const [, mark, mask = 'ffffffff'] = both ?? /^0x([0-9a-f]+)/i.exec(text) ?? [];
  if (mark === undefined || !text.startsWith('0x'))
    return syntax('Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)');
  return { skbmark: low32(mark), skbmarkmask: low32(mask) };
}

const low32 = (digits: string): number => Number(BigInt.asUintN(32, BigInt(`0x${digits}`)));

/** `1:10`, both hexadecimal. */
export function skbprio(text: string): number {
  const [, major, minor] = /^(?:0x)?([0-9a-f]+):(?:0x)?([0-9a-f]+)/i.exec(text) ?? [];
  if (major === undefined || minor === undefined)
    return syntax('Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)');
  return ((low32(major) << 16) | (low32(minor) & 0xffff)) >>> 0;
}

export function comment(text: string): string {
  if (text.includes('"')) return syntax('" character is not permitted in comments');
  if (text.length > 255) return syntax('Comment is longer than the maximum allowed 255 characters');
  return text;
}

const IFNAMSIZ = 16;

export function iface(text: string): { iface: string; physdev?: boolean } {
  const physdev = text.startsWith('physdev:');
  const name = physdev ? text.slice('physdev:'.length) : text;
  if (name.length > IFNAMSIZ - 1)
    return syntax(`interface name '${name}' is longer than ${IFNAMSIZ - 1} characters`);
  return physdev ? { iface: name, physdev } : { iface: name };
}

const MAX_NAME = 31;

export const setName = (text: string): string =>
  text.length > MAX_NAME ? syntax(`setname '${text}' is longer than ${MAX_NAME} characters`) : text;

/** A separator counts only where it neither begins nor ends the text. */
export function separatorAt(text: string, separator: string): number {
  if (text.startsWith(separator) || text.endsWith(separator)) return -1;
  return text.indexOf(separator);
}

/** Where a range is split; a name with a dash in it stands in brackets. */
export function rangeAt(text: string): number {
  if (!text.startsWith('[')) return separatorAt(text, '-');
  const end = text.indexOf(']');
  if (end < 0) return syntax(`cannot find closing escape character ']' in ${text}`);
  if (end + 1 === text.length) return -1;
  if (text[end + 1] !== '-')
    return syntax(`range separator expected after '${text.slice(0, end + 1)}'`);
  return end + 1;
}

export function unescaped(text: string): string {
  if (!text.startsWith('[')) return text;
  return text.endsWith(']')
    ? text.slice(1, -1)
    : syntax(`cannot find closing escape character ']' in ${text}`);
}

/** One port by number or name. */
export function port(text: string, protocol: string, names: IpsetNames): number {
  const value = bounded(text, 0xffffn);
  if (typeof value !== 'string') return Number(value);
  const numeric = bounded(protocol, 0xffn);
  const known = typeof numeric === 'string' ? protocol : protocolName(Number(numeric));
  const found = serviceNumber(names, unescaped(text), known.toLowerCase());
  if (found !== undefined) return found;
  const lines = [`Syntax error: ${value}`];
  if (typeof numeric === 'string') lines.push(`Syntax error: ${numeric}`);
  return refused([...lines, `cannot parse '${text}' as a ${protocol} port`].join('\n'));
}

export interface Ports {
  readonly port: number;
  readonly portTo?: number;
}

/** A port or a range of them. */
export function ports(text: string, protocol: string, names: IpsetNames): Ports {
  const at = rangeAt(text);
  if (at < 0) return { port: port(text, protocol, names) };
  const portTo = port(text.slice(at + 1), protocol, names);
  return { port: port(text.slice(0, at), protocol, names), portTo };
}

const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
const IPPROTO_SCTP = 132;
const IPPROTO_UDPLITE = 136;
export const PORT_PROTOCOLS = [IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_UDP, IPPROTO_UDPLITE];

function protocol(text: string): number {
  const value = bounded(text, 0xffn);
  if (typeof value !== 'string') return Number(value);
  const number = protocolNumber(text);
  if (number === undefined) return syntax(`cannot parse '${text}' as a protocol`);
  return number === 0 ? syntax(`Unsupported protocol '${text}'`) : number;
}

export interface ProtoPort extends Ports {
  readonly proto: number;
}

/**
 * ICMP in a set of the other family. What was read before is lost then, and the command fails once
 * more because of that.
 */
export class WrongIcmp extends IpsetFault {}

function wrongIcmp(name: string, family: string): never {
  const message = `Syntax error: Protocol ${name} can be used with family ${family} only`;
  throw new WrongIcmp(message, 1, false, true);
}

/** `tcp:80`, `80`, `icmp:echo-request`, `vrrp:0`. */
export function protoPort(text: string, family: string, names: IpsetNames): ProtoPort {
  const at = separatorAt(text, ':');
  if (at < 0) return { proto: IPPROTO_TCP, ...ports(text, 'tcp', names) };
  const name = text.slice(0, at);
  const rest = text.slice(at + 1);
  const proto = protocol(name);
  if (PORT_PROTOCOLS.includes(proto)) return { proto, ...ports(rest, name, names) };
  if (proto === IPPROTO_ICMP) {
    if (family !== 'inet') wrongIcmp('ICMP', 'inet');
    return { proto, port: icmpNumber('icmp', rest) ?? typeCode(rest, 'ICMP') };
  }
  if (proto === IPPROTO_ICMPV6) {
    if (family !== 'inet6') wrongIcmp('ICMPv6', 'inet6');
    return { proto, port: icmpNumber('icmpv6', rest) ?? typeCode(rest, 'ICMPv6') };
  }
  if (rest !== '0') return syntax(`Protocol ${name} can be used with pseudo port value 0 only.`);
  return { proto, port: 0 };
}

function typeCode(text: string, name: string): number {
  const at = separatorAt(text, '/');
  if (at < 0) return refused(`Cannot parse ${text} as an ${name} type/code.`);
  return (u8(text.slice(0, at)) << 8) | u8(text.slice(at + 1));
}

/** Ports without a protocol beside them: it only says which list of services a name is in. */
export function barePorts(text: string, names: IpsetNames): Ports {
  const { proto, ...rest } = protoPort(text, 'inet', names);
  return proto === IPPROTO_TCP || proto === IPPROTO_UDP
    ? rest
    : syntax('Only protocols TCP and UDP are valid');
}
