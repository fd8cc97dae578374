// Constants as the language writes them, by datatype: the inverse of what 2-check does with
// symbols and numbers.

import { formatIPv4, formatIPv6, hex, utf8Decode } from '../../bytes/index.ts';
import { type Expression, integer, NO_SPAN } from '../ast/index.ts';
import {
  arphrdType,
  basetypeOf,
  booleanType,
  cgroupv2Type,
  classidType,
  ctLabelType,
  type Datatype,
  dateType,
  dayType,
  devgroupType,
  etheraddrType,
  gidType,
  hourType,
  icmpCodeType,
  icmpv6CodeType,
  ifindexType,
  inetProtoType,
  inetServiceType,
  integerType,
  ip6addrType,
  ipaddrType,
  isBitmask,
  lladdrType,
  markType,
  nameOfProtocol,
  realmType,
  serviceOfPort,
  stringType,
  symbolName,
  timeType,
  uidType,
} from '../types/index.ts';
import { lowestBit, popcount } from './operand.ts';
import type { ListOptions } from './options.ts';
import { printTime } from './words.ts';

/** What decides how a constant is written. */
export interface ValueContext {
  readonly options: ListOptions;
  /** JSON says times in seconds where text says `1m30s`. */
  readonly json: boolean;
}

const word = (name: string): Expression => ({ kind: 'symbol', span: NO_SPAN, name, form: 'word' });
const quoted = (name: string): Expression => ({
  kind: 'symbol',
  span: NO_SPAN,
  name,
  form: 'quoted',
});
/** Names from files are symbols: -n and ranges do without them. */
const named = <T>(cx: ValueContext, name: T | undefined): T | undefined =>
  cx.options.numericSymbols === true ? undefined : name;

const orNumber = (
  name: string | undefined,
  value: bigint,
  type: Datatype,
  wrap = quoted,
): Expression => (name === undefined ? number(value, type) : wrap(name));

/** A number in the radix of its type or of the type it refines. */
export function number(value: bigint, type?: Datatype): Expression {
  let format = type?.format;
  for (let base = type; format === undefined && base !== undefined; base = base.base) {
    format = base.format;
  }
  const plain = { kind: 'integer' as const, span: NO_SPAN, value: integer(value) };
  return format?.radix === 16 ? { ...plain, hexDigits: format.digits } : plain;
}

export const bytesOf = (value: bigint, bits: number): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) {
    bytes[i] = Number(rest & 0xffn);
  }
  return bytes;
};

/** A string without its closing NUL is the beginning of one: `eth*` (expr_postprocess_string). */
function string(value: bigint, bits: number): Expression {
  const bytes = bytesOf(value, bits);
  const end = bytes.indexOf(0);
  if (end < 0) return quoted(`${utf8Decode(bytes)}*`);
  const name = utf8Decode(bytes.subarray(0, end));
  return quoted(name.endsWith('*') ? `${name.slice(0, -1)}\\*` : name);
}

/** Milliseconds: `1m30s`, `90s` without units, 90 in JSON. */
function relative(value: bigint, cx: ValueContext): Expression {
  if (cx.json) return number(value / 1000n);
  return word(cx.options.numericTime === true ? `${value / 1000n}s` : printTime(Number(value)));
}

const two = (n: number): string => String(n).padStart(2, '0');
const DAY_SECONDS = 86_400;

function hour(value: bigint, cx: ValueContext): Expression {
  const utc = Number(value);
  const offset = cx.options.names?.utcOffset?.(utc) ?? 0;
  const local = (((utc + offset) % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  const seconds = local % 60;
  const clock = `${two(Math.floor(local / 3600))}:${two(Math.floor(local / 60) % 60)}`;
  return quoted(seconds === 0 ? clock : `${clock}:${two(seconds)}`);
}

/** Days since 1970-01-01 as year, month, day (proleptic Gregorian calendar, eras of 400 years). */
function civil(days: number): string {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

function date(value: bigint, cx: ValueContext): Expression {
  const utc = Number(value / 1_000_000_000n);
  const local = utc + (cx.options.names?.utcOffset?.(utc) ?? 0);
  const days = Math.floor(local / DAY_SECONDS);
  const rest = local - days * DAY_SECONDS;
  const clock = `${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
  return quoted(`${civil(days)} ${clock}`);
}

/** tchandle_type_print: major and minor in hexadecimal. */
function classid(value: bigint, type: Datatype): Expression {
  const name = type.symbols && symbolName(type.symbols, Number(value));
  return word(name ?? `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`);
}

function address(text: string, cx: ValueContext): Expression {
  const host = cx.options.reverseDns === true ? cx.options.names?.host?.(text) : undefined;
  return host === undefined ? word(text) : quoted(host);
}

type Render = (value: bigint, bits: number, cx: ValueContext, type: Datatype) => Expression;

const lladdr: Render = (value, bits) =>
  word((hex(bytesOf(value, bits)).match(/../g) ?? []).join(':'));

/** Labels are bits; one without a name is shown by its number. */
const label: Render = (value, _bits, cx) => {
  const bit = lowestBit(value);
  return orNumber(cx.options.names?.label?.(bit), BigInt(bit), integerType);
};

/** Types whose values are not simply symbols or numbers. */
const SPECIAL: ReadonlyMap<Datatype, Render> = new Map<Datatype, Render>([
  [ipaddrType, (v, _bits, cx) => address(formatIPv4(Number(v)), cx)],
  [ip6addrType, (v, _bits, cx) => address(formatIPv6(bytesOf(v, 128)), cx)],
  [etheraddrType, lladdr],
  [lladdrType, lladdr],
  [
    inetProtoType,
    (v, _bits, cx, type) =>
      cx.options.numericProtocol === true
        ? number(v)
        : orNumber(nameOfProtocol(Number(v)), v, type, word),
  ],
  [
    inetServiceType,
    (v, _bits, cx, type) => {
      const { services, names } = cx.options;
      const name = services === true ? (names?.service ?? serviceOfPort)(Number(v)) : undefined;
      return orNumber(name, v, type);
    },
  ],
  [
    markType,
    (v, _bits, cx, type) => orNumber(named(cx, cx.options.names?.mark?.(Number(v))), v, type),
  ],
  [
    realmType,
    (v, _bits, cx, type) => {
      const name = named(cx, cx.options.names?.realm?.(Number(v)));
      return name === undefined && cx.json ? word(String(v)) : orNumber(name, v, type);
    },
  ],
  [devgroupType, (v, _bits, cx, type) => orNumber(named(cx, devgroup(Number(v), cx)), v, type)],
  // An index without a name is text all the same, which JSON shows.
  [
    ifindexType,
    (v, _bits, cx) => {
      const name = interfaceName(Number(v), cx);
      return name === undefined ? word(String(v)) : quoted(name);
    },
  ],
  [
    uidType,
    (v, _bits, cx, type) =>
      orNumber(cx.options.users ? cx.options.names?.user?.(Number(v)) : undefined, v, type),
  ],
  [
    gidType,
    (v, _bits, cx, type) =>
      orNumber(cx.options.users ? cx.options.names?.group?.(Number(v)) : undefined, v, type),
  ],
  [timeType, (v, _bits, cx) => relative(v, cx)],
  [hourType, (v, _bits, cx) => hour(v, cx)],
  [dateType, (v, _bits, cx) => date(v, cx)],
  [dayType, (v, _bits, cx, type) => symbol(v, cx, type, quoted)],
  [classidType, (v, _bits, _cx, type) => classid(v, type)],
  [ctLabelType, label],
  // Their names belong to `reject with icmp …`: in a packet they depend on the type beside them.
  [icmpCodeType, (v) => number(v)],
  [icmpv6CodeType, (v) => number(v)],
  [
    booleanType,
    (v, _bits, cx) =>
      cx.options.numericSymbols === true
        ? number(v)
        : { kind: 'boolean', span: NO_SPAN, value: v !== 0n },
  ],
  [cgroupv2Type, (v, _bits, cx, type) => orNumber(cx.options.names?.cgroup?.(v), v, type)],
  [arphrdType, (v, _bits, cx, type) => symbol(v, cx, type, word)],
]);

const LOOPBACK = 1;
/** Loopback is interface 1 in every namespace. */
const interfaceName = (index: number, cx: ValueContext): string | undefined =>
  cx.options.names?.interface?.(index) ?? (index === LOOPBACK ? 'lo' : undefined);
/** iproute2 ships a group file with one line: 0 is `default`. */
const devgroup = (group: number, cx: ValueContext): string | undefined =>
  cx.options.names?.devgroup?.(group) ?? (group === 0 ? 'default' : undefined);

function symbol(
  value: bigint,
  cx: ValueContext,
  type: Datatype,
  wrap: (name: string) => Expression,
): Expression {
  const { symbols } = type;
  const name = symbols === undefined ? undefined : symbolName(symbols, Number(value));
  return orNumber(named(cx, name), value, type, wrap);
}

/** A flag field with several bits set reads `syn | ack`, from the lowest bit up. */
function flags(value: bigint, bits: number, type: Datatype, cx: ValueContext): Expression {
  let result: Expression | undefined;
  for (let bit = 0, rest = value; rest !== 0n; bit++, rest >>= 1n) {
    if ((rest & 1n) === 0n) continue;
    const right = renderValue(1n << BigInt(bit), bits, type, cx);
    result =
      result === undefined ? right : { kind: 'binop', span: NO_SPAN, op: '|', left: result, right };
  }
  return result ?? number(0n, type);
}

/** JSON has no integers beyond this; they are text there. */
const U64_MAX = (1n << 64n) - 1n;

/** The constant `value`, `bits` wide, as an expression of `type`. */
export function renderValue(
  value: bigint,
  bits: number,
  type: Datatype,
  cx: ValueContext,
): Expression {
  if (isBitmask(type) && popcount(value) > 1) return flags(value, bits, type, cx);
  const special = SPECIAL.get(type);
  if (special !== undefined && !(isBitmask(type) && value === 0n)) {
    return special(value, bits, cx, type);
  }
  if (basetypeOf(type) === stringType) return string(value, bits);
  if (cx.json && value > U64_MAX) return word(`0x${value.toString(16)}`);
  return symbol(value, cx, type, word);
}

/** The code of a reject, by its name. */
export const renderRejectCode = (code: number, type: Datatype, cx: ValueContext): Expression =>
  symbol(BigInt(code), cx, type, word);

const RANGE_OPTIONS: ListOptions = {
  services: false,
  users: false,
  reverseDns: false,
  numericProtocol: true,
  numericSymbols: true,
  numericTime: true,
};

const JSON_RANGE_OPTIONS: ListOptions = { services: false, numericProtocol: true };

/** Inside a range nothing has a name (range_expr_print); JSON keeps symbols (range_expr_json). */
export const inRange = (cx: ValueContext): ValueContext => ({
  ...cx,
  options: { ...cx.options, ...(cx.json ? JSON_RANGE_OPTIONS : RANGE_OPTIONS) },
});
