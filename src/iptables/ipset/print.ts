// Elements and options as ipset(8) prints them.

import { formatIPv4, formatIPv6, formatMac, u32, unhex } from '../../bytes/index.ts';
import type { IpSet, IpSetElement, IpSetEntry, IpSetRequest } from '../../program/index.ts';
import { icmpName } from './icmp.ts';
import { type IpsetNames, protocolName } from './names.ts';
import { type AddOption, type CreateOption, infoOf, type Part, type TypeInfo } from './types.ts';

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** How addresses are printed: as they are, or by name. */
export type AddressPrinter = (address: string) => string;

/** A name with a dash in it stands in brackets. */
export const namedAddresses =
  (names: IpsetNames): AddressPrinter =>
  (address) => {
    const name = names.hostOf?.(address) ?? address;
    return name.includes('-') ? `[${name}]` : name;
  };

const asIs: AddressPrinter = (address) => address;

function addressText(bytes: string, print: AddressPrinter): string {
  const raw = unhex(bytes);
  return print(raw.length === 4 ? formatIPv4(u32(raw, 0)) : formatIPv6(raw));
}

/** `10.0.0.0/8`, `10.0.0.1-10.0.0.9`; a prefix that is a whole address is left out. */
function ipText(
  ip: string,
  to: string | undefined,
  cidr: number | undefined,
  print: AddressPrinter,
): string {
  const suffix = cidr === undefined || cidr === ip.length * 4 ? '' : `/${cidr}`;
  const from = addressText(ip, print) + suffix;
  return to === undefined ? from : `${from}-${addressText(to, print)}${suffix}`;
}

function portText({ proto, port = 0, portTo }: IpSetRequest): string {
  if (proto === undefined) return portTo === undefined ? String(port) : `${port}-${portTo}`;
  const name = protocolName(proto);
  if (proto === IPPROTO_ICMP) return `${name}:${icmpName('icmp', port)}`;
  if (proto === IPPROTO_ICMPV6) return `${name}:${icmpName('icmpv6', port)}`;
  return `${name}:${port}${portTo === undefined ? '' : `-${portTo}`}`;
}

const hex8 = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, '0')}`;

function partText(part: Part, element: IpSetRequest, print: AddressPrinter): string | undefined {
  const { ip, ip2, mac } = element;
  switch (part.kind) {
    case 'ip':
      return ip === undefined ? undefined : ipText(ip, element.ipTo, element.cidr, print);
    case 'ip2':
      return ip2 === undefined ? undefined : ipText(ip2, undefined, element.cidr2, print);
    case 'port':
    case 'bare-port':
      return portText(element);
    case 'mac':
      return mac === undefined ? undefined : formatMac(unhex(mac)).toUpperCase();
    case 'mark':
      return hex8(element.mark ?? 0);
    case 'iface':
      return `${element.physdev === true ? 'physdev:' : ''}${element.iface ?? ''}`;
    default:
      return nameText(element);
  }
}

/** The reference of a test is told as `after`, whatever it was. */
function nameText({ name = '', before, after }: IpSetRequest): string {
  const reference = before ?? after;
  return reference === undefined ? name : `${name} after ${reference}`;
}

export function elementText(
  info: TypeInfo,
  element: IpSetElement,
  print: AddressPrinter = asIs,
): string {
  const texts = info.parts.map((part) => partText(part, element, print));
  return texts.filter((text) => text !== undefined).join(',');
}

/** An option as it is printed: its name, and its value if it has one. */
export interface Printed {
  readonly name: string;
  readonly value?: string;
}

/** Seconds that are left; what is not over has one at least. */
const secondsOf = ({ expires, timeout }: IpSetEntry): number | undefined => {
  if (expires === undefined) return timeout;
  return expires === 0 ? 0 : Math.max(1, Math.floor(expires / 1000));
};

function skbmarkText({ skbmark = 0, skbmarkmask = 0 }: IpSetEntry): string {
  const mark = `0x${skbmark.toString(16)}`;
  return skbmarkmask === 0xffffffff ? mark : `${mark}/0x${skbmarkmask.toString(16)}`;
}

const skbprioText = (prio: number): string =>
  `${(prio >>> 16).toString(16)}:${(prio & 0xffff).toString(16)}`;

function extension(option: AddOption, entry: IpSetEntry): Printed | undefined {
  switch (option) {
    case 'timeout': {
      const seconds = secondsOf(entry);
      return seconds === undefined ? undefined : { name: option, value: String(seconds) };
    }
    case 'nomatch':
    case 'wildcard':
      return entry[option] === true ? { name: option } : undefined;
    case 'skbmark':
      return entry.skbmark === undefined ? undefined : { name: option, value: skbmarkText(entry) };
    case 'skbprio':
      return entry.skbprio === undefined
        ? undefined
        : { name: option, value: skbprioText(entry.skbprio) };
    case 'comment':
      return entry.comment === undefined
        ? undefined
        : { name: option, value: `"${entry.comment}"` };
    case 'packets':
    case 'bytes':
    case 'skbqueue': {
      const value = entry[option];
      return value === undefined ? undefined : { name: option, value: String(value) };
    }
    default:
      return undefined;
  }
}

/** What is printed behind an element. */
export const entryOptions = (info: TypeInfo, entry: IpSetEntry): Printed[] =>
  info.add.map((option) => extension(option, entry)).filter((p) => p !== undefined);

function header(option: CreateOption, set: IpSet): string | true | undefined {
  const { options, family } = set;
  switch (option) {
    case 'family':
      return family === 'unspec' ? 'any' : family;
    case 'range':
      return rangeText(set);
    case 'markmask':
    case 'initval':
      return options[option] === undefined ? undefined : hex8(options[option]);
    case 'bitmask':
      return options.bitmask === undefined ? undefined : addressText(options.bitmask, asIs);
    case 'counters':
    case 'comment':
    case 'skbinfo':
      return options[option] === true ? true : undefined;
    case 'hashsize':
    case 'maxelem':
    case 'bucketsize':
    case 'netmask':
    case 'timeout':
    case 'size':
      return options[option] === undefined ? undefined : String(options[option]);
    default:
      // forceadd among them: ipset 7.17 does not tell it.
      return undefined;
  }
}

function rangeText({ type, options: { range } }: IpSet): string | undefined {
  if (range === undefined) return undefined;
  const { from, to } = range;
  return type === 'bitmap:port' ? `${from}-${to}` : `${formatIPv4(from)}-${formatIPv4(to)}`;
}

/** What is printed behind a set's type. */
export function headerOptions(set: IpSet): Printed[] {
  return infoOf(set.type).create.flatMap((name) => {
    const value = header(name, set);
    if (value === undefined) return [];
    return [value === true ? { name } : { name, value }];
  });
}

export const optionsText = (options: readonly Printed[]): string =>
  options.map(({ name, value }) => ` ${name}${value === undefined ? '' : ` ${value}`}`).join('');
