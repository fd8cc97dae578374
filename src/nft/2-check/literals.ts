// From a word to a number, by datatype. Each reader answers undefined for a word that is not of
// its type; the caller says so with the names that would be.

import { parseIPv4, parseIPv6, parseLooseIPv4 } from '../../bytes/index.ts';
import { protocolWords, serviceWords } from '../../uapi/index.ts';
import {
  basetypeOf,
  type Datatype,
  type Names,
  numberOfProtocol,
  portOfService,
  symbols,
  symbolValue,
} from '../types/index.ts';

type Reader = (text: string, names: Names, type: Datatype) => bigint | undefined;

/** Decimal, octal with a leading 0, or hexadecimal, as strtoul(3) with base 0. */
export function parseNumber(text: string): bigint | undefined {
  if (/^(0|[1-9][0-9]*)$/.test(text) || /^0[xX][0-9a-fA-F]+$/.test(text)) return BigInt(text);
  return /^0[0-7]+$/.test(text) ? BigInt(`0o${text.slice(1)}`) : undefined;
}

const big = (number: number | undefined): bigint | undefined =>
  number === undefined ? undefined : BigInt(number);

const fromBytes = (bytes: Uint8Array): bigint =>
  bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** Names of the type's own table first, then numbers. */
const symbolic: Reader = (text, _names, type) =>
  (type.symbols && big(symbolValue(type.symbols, text))) ?? parseNumber(text);

const one = (addresses: readonly string[] | undefined): string | undefined =>
  addresses?.length === 1 ? addresses[0] : undefined;

function ipv4(text: string, names: Names): bigint | undefined {
  const address = big(parseIPv4(text) ?? parseLooseIPv4(text));
  const resolved = address === undefined ? one(names.host?.(text, 'ip')) : undefined;
  return resolved === undefined ? address : big(parseIPv4(resolved));
}

function ipv6(text: string, names: Names): bigint | undefined {
  const bytes = parseIPv6(text) ?? parseIPv6(one(names.host?.(text, 'ip6')) ?? '');
  return bytes && fromBytes(bytes);
}

/** Hexadecimal bytes with one character between them. */
function lladdr(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F]{1,2}([:-][0-9a-fA-F]{1,2})*$/.test(text)) return undefined;
  return text.split(/[:-]/).reduce((number, byte) => (number << 8n) | BigInt(`0x${byte}`), 0n);
}

const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** `1d2h3m4s5ms` in milliseconds; a bare number is seconds. Each unit once. */
export function parseDuration(text: string): bigint | undefined {
  if (/^[0-9]+$/.test(text)) return BigInt(text) * 1000n;
  if (!/^([0-9]{1,8}(d|h|ms|m|s))+$/.test(text)) return undefined;
  const seen = new Set<string>();
  let total = 0n;
  for (const [, count = '', unit = ''] of text.matchAll(/([0-9]+)(ms|[dhms])/g)) {
    if (seen.has(unit)) return undefined;
    seen.add(unit);
    total += BigInt(count) * BigInt(UNITS[unit] ?? 0);
  }
  return total;
}

function secondsOfDay(text: string): number | undefined {
  const clock = /^([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2}))?$/.exec(text);
  if (clock === null) {
    const duration = parseDuration(text);
    return duration === undefined ? undefined : Number(duration / 1000n);
  }
  const [hours = 0, minutes = 0, seconds = 0] = clock.slice(1).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return hours * 3600 + minutes * 60 + seconds;
}

const DAY_SECONDS = 86_400;

/** Local time of day to seconds since midnight UTC, which is what the kernel compares. */
function hour(text: string, names: Names): bigint | undefined {
  if (/^[0-9]+$/.test(text)) return BigInt(text);
  const local = secondsOfDay(text);
  if (local === undefined) return undefined;
  const offset = names.utcOffset?.(local) ?? 0;
  const utc = (local - offset) % DAY_SECONDS;
  return BigInt(utc < 0 ? utc + DAY_SECONDS : utc);
}

/** Days from 1970-01-01 in the Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + dayOfEra + dayOfYear - 719_468;
}

/** `YYYY-MM-DD[ HH:MM[:SS]]` in local time, or seconds since the epoch; in nanoseconds. */
function date(text: string, names: Names): bigint | undefined {
  if (/^[0-9]+$/.test(text)) return BigInt(text) * 1_000_000_000n;
  const parts = /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?: ([0-9:]+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month = '', day = '', clock] = parts;
  const time = clock === undefined ? 0 : clock.includes(':') ? secondsOfDay(clock) : undefined;
  if (time === undefined || Number(month) > 12 || Number(day) > 31) return undefined;
  const local = daysFromCivil(Number(year), Number(month), Number(day)) * DAY_SECONDS + time;
  return BigInt(local - (names.utcOffset?.(local) ?? 0)) * 1_000_000_000n;
}

/** A weekday by its name or the first letters of it, three at least. */
function day(text: string): bigint | undefined {
  const wanted = text.toLowerCase();
  const found = symbols.DAY.names.find(
    ([name]) => wanted.length >= 3 && name.toLowerCase().startsWith(wanted),
  );
  return found === undefined ? parseNumber(text) : BigInt(found[1]);
}

/** `major:minor` in hexadecimal, `root`, `none`. */
function classid(text: string): bigint | undefined {
  const handle = /^([0-9a-fA-F]{0,4}):([0-9a-fA-F]{0,4})$/.exec(text);
  if (handle === null) {
    return big(symbolValue(symbols.TC_HANDLE, text)) ?? parseNumber(text);
  }
  const [, major = '', minor = ''] = handle;
  return (BigInt(`0x${major || '0'}`) << 16n) | BigInt(`0x${minor || '0'}`);
}

/** The bit of a conntrack label, by name or number. */
function label(text: string, names: Names): bigint | undefined {
  const bit = big(names.label?.(text)) ?? parseNumber(text);
  return bit === undefined || bit > 127n ? undefined : 1n << bit;
}

const READERS: Readonly<Record<string, Reader>> = {
  ipv4_addr: ipv4,
  ipv6_addr: ipv6,
  ll_addr: lladdr,
  ether_addr: lladdr,
  inet_proto: (text) => parseNumber(text) ?? big(numberOfProtocol(text)),
  inet_service: (text, names) =>
    parseNumber(text) ?? big(portOfService(text) ?? names.service?.(text)),
  mark: (text, names) => big(names.mark?.(text)) ?? parseNumber(text),
  realm: (text, names) => big(names.realm?.(text)) ?? parseNumber(text),
  devgroup: (text, names) => big(names.devgroup?.(text)) ?? parseNumber(text),
  iface_index: (text, names) =>
    big(names.interfaceIndex?.(text)) ?? (/^[0-9]+$/.test(text) ? BigInt(text) : undefined),
  uid: (text, names) => big(names.user?.(text)) ?? parseNumber(text),
  gid: (text, names) => big(names.group?.(text)) ?? parseNumber(text),
  ct_label: label,
  time: parseDuration,
  date,
  classid,
  hour,
  day,
  cgroupsv2: (text, names) => names.cgroup?.(text) ?? parseNumber(text),
};

/** The number a word stands for in a type that is not a string, or undefined. */
export function readLiteral(text: string, type: Datatype, names: Names): bigint | undefined {
  return (READERS[type.name] ?? symbolic)(text, names, type);
}

/** Words that would have been understood, for suggestions. */
export function knownWords(type: Datatype): Iterable<string> {
  if (type.name === 'inet_service') return serviceWords();
  if (type.name === 'inet_proto') return protocolWords();
  return type.symbols?.names.map(([name]) => name) ?? [];
}

/** A list longer than this helps nobody. */
const LISTED = 12;

/** What a word of the type looks like, for one that is none. */
export function wordsHint(text: string, type: Datatype): string | undefined {
  const isIp4 = /^[0-9]+(\.[0-9]+)+$/.test(text);
  if (type.name === 'ipv4_addr') {
    if (isIp4) return 'an IPv4 address is four numbers from 0 to 255';
    return text.includes(':') ? "an IPv6 address is matched with 'ip6'" : undefined;
  }
  if (type.name === 'ipv6_addr') return isIp4 ? "an IPv4 address is matched with 'ip'" : undefined;
  const words = type.symbols?.names.map(([name]) => name) ?? [];
  if (words.length === 0) return undefined;
  const more = words.length > LISTED ? ` and ${words.length - LISTED} more` : '';
  return `it is one of ${words.slice(0, LISTED).join(', ')}${more}`;
}

export const isNumeric = (type: Datatype): boolean => basetypeOf(type).name === 'integer';
