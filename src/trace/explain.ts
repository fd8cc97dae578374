// Why a rule did not match, in the words of its language: `tcp dport 80 ≠ 443`. The steps of the
// evaluation are bytecode, so the loads before the failing comparison tell what was compared.
import type { ExprStep } from '../core/index.ts';
import {
  anyTransport,
  bitFieldOf,
  type Field,
  type Format,
  fieldsOf,
  type Header,
  linkHeader,
  networkHeader,
  transportHeader,
} from './layout.ts';
import { formatFields, formatValue, isBits } from './values.ts';

/** What the packet was when the rule looked at it. */
export interface Subject {
  /** EtherType. */
  readonly protocol: number;
  readonly l4proto: number;
  /** Interfaces by index, for rules that compare those. */
  readonly deviceName?: (index: number) => string | undefined;
}

/** What a register holds: named fields, and the bytes as they were loaded. */
interface Loaded {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly saw: string;
  /** Set by `bitwise`: the mask, in hex digits. */
  readonly mask?: string;
  /** The field starts this many bits up, as far as `mask` selects it. */
  readonly shift: number;
}

const META: Readonly<Record<string, readonly [string, Format]>> = {
  iifname: ['iifname', 'name'],
  oifname: ['oifname', 'name'],
  iif: ['iif', 'number'],
  oif: ['oif', 'number'],
  l4proto: ['meta l4proto', 'l4proto'],
  nfproto: ['meta nfproto', 'nfproto'],
  protocol: ['meta protocol', 'ethertype'],
  mark: ['meta mark', 'hex'],
  pkttype: ['meta pkttype', 'pkttype'],
  bri_iifname: ['ibrname', 'name'],
  bri_oifname: ['obrname', 'name'],
  iifkind: ['meta iifkind', 'name'],
  oifkind: ['meta oifkind', 'name'],
};

const CT: Readonly<Record<string, readonly [string, Format]>> = {
  state: ['ct state', 'ctstate'],
  status: ['ct status', 'ctstatus'],
  direction: ['ct direction', 'ctdir'],
  mark: ['ct mark', 'hex'],
  l3protocol: ['ct l3proto', 'nfproto'],
  protocol: ['ct protocol', 'l4proto'],
  helper: ['ct helper', 'name'],
  src: ['ct saddr', 'hex'],
  dst: ['ct daddr', 'hex'],
  src_ip: ['ct ip saddr', 'ipv4'],
  dst_ip: ['ct ip daddr', 'ipv4'],
  src_ip6: ['ct ip6 saddr', 'ipv6'],
  dst_ip6: ['ct ip6 daddr', 'ipv6'],
  proto_src: ['ct proto-src', 'number'],
  proto_dst: ['ct proto-dst', 'number'],
};

/** Byte offset of a register in the register file: 1-4 have 16 bytes, 8-23 have 4. */
const registerOffset = (register: number): number =>
  register < 8 ? 16 * (register - 1) : 4 * (register - 8);

const whole = (name: string, format: Format, saw: string): Loaded => ({
  name,
  fields: [{ name, offset: 0, length: saw.length / 2, format }],
  saw,
  shift: 0,
});

function headerOf(base: string, subject: Subject): Header {
  if (base === 'link') return linkHeader;
  if (base === 'network') return networkHeader(subject.protocol);
  if (base !== 'transport') return [];
  const known = transportHeader(subject.l4proto);
  return known.length > 0 ? known : anyTransport;
}

function payload(words: RegExpExecArray, saw: string, subject: Subject): Loaded {
  const [, length = '0', base = '', offset = '0'] = words;
  const fields = fieldsOf(headerOf(base, subject), Number(offset), Number(length));
  if (fields.length === 0) return whole(`@${base},${offset}+${length}`, 'hex', saw);
  return { name: fields.map((f) => f.name).join(' . '), fields, saw, shift: 0 };
}

const PAYLOAD = /payload load (\d+)b @ (\w+) header \+ (\d+)/;

/** What a loading expression put into its register. */
function load(expr: string, saw: string, subject: Subject): Loaded | undefined {
  const bytes = PAYLOAD.exec(expr);
  if (expr.startsWith('[ osf')) return whole('osf', 'name', saw);
  if (bytes !== null) return payload(bytes, saw, subject);
  const [, kind = '', key = ''] =
    /^\[ (meta|ct|rt|socket|exthdr|fib|tunnel|xfrm) (?:load )?(.*?) (?:present )?=> reg/.exec(
      expr,
    ) ?? [];
  if (kind === '') return undefined;
  if (kind === 'fib') return whole(`fib ${key}`, fibFormat(key), saw);
  const known = (kind === 'meta' ? META : kind === 'ct' ? CT : {})[key];
  return known
    ? withDirection(whole(known[0], known[1], saw), expr)
    : whole(`${kind} ${key}`, 'number', saw);
}

const fibFormat = (key: string): Format =>
  key.endsWith(' type') ? 'fibtype' : key.endsWith(' oifname') ? 'name' : 'number';

function withDirection(loaded: Loaded, expr: string): Loaded {
  const dir = /, dir (\w+)/.exec(expr)?.[1];
  return dir === undefined
    ? loaded
    : { ...loaded, name: loaded.name.replace(/^ct /, `ct ${dir} `) };
}

const hexWords = (text: string): string => text.replace(/ ?0x/g, '');

/** Follows the registers through the steps before the failing one. */
class RegisterNames {
  readonly #at = new Map<number, Loaded>();
  readonly #subject: Subject;
  /** The last load, with its place in the packet: what a bit field is told by. */
  #base = '';
  #offset = 0;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  step(step: ExprStep): void {
    const { expr, saw } = step;
    const masked = /bitwise reg (\d+) = \( reg (\d+) & ((?:0x\w+ ?)+)\) \^/.exec(expr);
    if (masked !== null) this.#mask(Number(masked[1]), Number(masked[2]), masked[3] ?? '');
    const swapped = /byteorder reg (\d+) = \w+\(reg (\d+)/.exec(expr);
    if (swapped !== null) this.#copy(Number(swapped[1]), Number(swapped[2]));
    const register = /(?:=> reg|osf dreg) (\d+)/.exec(expr)?.[1];
    if (register === undefined || saw === undefined) return;
    const loaded = load(expr, saw, this.#subject);
    if (loaded !== undefined) this.#at.set(registerOffset(Number(register)), loaded);
    const place = PAYLOAD.exec(expr);
    this.#base = place?.[2] ?? '';
    this.#offset = Number(place?.[3] ?? 0);
  }

  #copy(to: number, from: number): void {
    const source = this.#at.get(registerOffset(from));
    if (source !== undefined) this.#at.set(registerOffset(to), source);
  }

  #mask(to: number, from: number, words: string): void {
    const source = this.#at.get(registerOffset(from));
    if (source === undefined) return;
    const mask = hexWords(words.trim());
    const bits = bitFieldOf(this.#base, this.#offset, mask, this.#subject.protocol);
    const named =
      bits === undefined
        ? source
        : { ...whole(bits.name, 'number', source.saw), shift: bits.shift };
    this.#at.set(registerOffset(to), { ...named, mask });
  }

  /** What lies at a register and, for a concatenation, in those behind it, up to `bytes`. */
  from(register: number, bytes: number): readonly Loaded[] {
    const start = registerOffset(register);
    return [...this.#at]
      .filter(([offset]) => offset >= start && offset < start + Math.max(bytes, 1))
      .sort(([a], [b]) => a - b)
      .map(([, loaded]) => loaded);
  }
}

/** Ones, then zeros: a prefix. Its length, or -1. */
function prefixLength(mask: string): number {
  const bits = [...mask].map((d) => Number.parseInt(d, 16).toString(2).padStart(4, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.replace(/0+$/, '').length : -1;
}

const padded = (digits: string, length: number): string => digits.padEnd(length, '0');

function shown(loaded: Loaded, digits: string): string {
  if (loaded.shift === 0 || digits.length > 12) return formatFields(loaded.fields, digits, false);
  return String(Number.parseInt(digits, 16) / 2 ** loaded.shift);
}

const maskedDigits = (digits: string, mask: string): string =>
  [...digits]
    .map((d, i) => (Number.parseInt(d, 16) & Number.parseInt(mask[i] ?? '0', 16)).toString(16))
    .join('');

const SIGNS: Readonly<Record<string, string>> = {
  eq: '≠',
  neq: '=',
  lt: '≥',
  lte: '>',
  gt: '≤',
  gte: '<',
};

const isAddress = (format: Format | undefined): boolean => format === 'ipv4' || format === 'ipv6';

function comparison(op: string, loaded: Loaded, wanted: string): string {
  const sign = SIGNS[op] ?? '≠';
  const format = loaded.fields[0]?.format;
  const { mask, name, saw } = loaded;
  // `ct state new`: load, mask with the wanted bits, compare with zero.
  if (mask !== undefined && format !== undefined && isBits(format) && /^0*$/.test(wanted))
    return op === 'neq'
      ? `${name} ${formatValue(format, saw)} ∌ ${formatValue(format, mask)}`
      : `${name} ${formatValue(format, saw)} ∋ ${formatValue(format, mask)}`;
  if (mask !== undefined && isAddress(format)) {
    const length = prefixLength(mask);
    if (length >= 0) {
      const net = `${formatFields(loaded.fields, padded(wanted, mask.length), false)}/${length}`;
      return `${name} ${formatFields(loaded.fields, saw, false)} ${op === 'eq' ? '∉' : '∈'} ${net}`;
    }
  }
  const seen = mask === undefined ? saw : maskedDigits(saw, mask);
  const and =
    mask === undefined || loaded.shift > 0 || bitsAreNamed(loaded)
      ? ''
      : ` & 0x${mask.replace(/^0+(?=.)/, '')}`;
  return `${name}${and} ${shown(loaded, seen)} ${sign} ${wantedText(loaded, wanted)}`;
}

const bitsAreNamed = (loaded: Loaded): boolean =>
  /dscp|ecn|flowlabel|version|hdrlength|frag-off|vlan id/.test(loaded.name);

/** A wildcard name is compared without its closing zero: `eth*`. */
function wantedText(loaded: Loaded, wanted: string): string {
  const isName = loaded.fields[0]?.format === 'name';
  if (isName && wanted.length < 32 && !wanted.endsWith('00'))
    return formatValue('name', wanted).replace(/"$/, '*"');
  // nft compares a prefix that ends on a byte by loading only those bytes.
  return shown(loaded, wanted);
}

/** The load of a leading part of an address: `ip saddr 10.0.0.0/8` reads one byte. */
function partial(
  step: ExprStep,
  subject: Subject,
  op: string,
  saw: string,
  wanted: string,
): string | undefined {
  const [, length, base = '', offset] = PAYLOAD.exec(step.expr) ?? [];
  const header = headerOf(base, subject);
  const target = header.find((f) => f.offset === Number(offset) && f.length > Number(length));
  if (target === undefined || !isAddress(target.format)) return undefined;
  const digits = 2 * target.length;
  const net = `${formatValue(target.format, padded(wanted, digits))}/${8 * Number(length)}`;
  const seen = leading(target.format, saw);
  return `${target.name} ${seen} ${op === 'eq' ? '∉' : '∈'} ${net}`;
}

/** An address of which only the first bytes were read: `10.0.*.*`. */
function leading(format: Format, saw: string): string {
  if (format === 'ipv6') return `${formatValue(format, padded(saw, 32))}…`;
  const known = (saw.match(/../g) ?? []).map((byte) => String(Number.parseInt(byte, 16)));
  return [...known, '*', '*', '*'].slice(0, 4).join('.');
}

function lookup(names: RegisterNames, words: RegExpExecArray, step: ExprStep): string {
  const [, register, set = '', dreg, inverted] = words;
  const key = step.saw ?? '';
  const parts = names.from(Number(register), key.length / 2);
  const name = parts.map((p) => p.name).join(' . ');
  const value = parts.map((p) => shown(p, p.saw)).join(' . ') || `0x${key}`;
  const anonymous = dreg === undefined ? 'the set' : 'the map';
  const where = set.startsWith('__') ? anonymous : `@${set}`;
  return `${name} ${value} ${inverted === undefined ? '∉' : '∈'} ${where}`.trim();
}

/** One sentence on why the rule stopped at `steps[failed]`. */
export function explain(steps: readonly ExprStep[], failed: number, subject: Subject): string {
  const sentence = explainPlainly(steps, failed, subject);
  const { deviceName } = subject;
  if (deviceName === undefined || !/^[io]if /.test(sentence)) return sentence;
  return sentence.replaceAll(/\b\d+\b/g, (index) => deviceName(Number(index)) ?? index);
}

function explainPlainly(steps: readonly ExprStep[], failed: number, subject: Subject): string {
  const step = steps[failed];
  if (step === undefined) return '';
  const names = new RegisterNames(subject);
  for (const earlier of steps.slice(0, failed)) names.step(earlier);
  const plain = step.expr.replace(/^\[ | \]$/g, '');
  const cmp = /^cmp (\w+) reg (\d+) (.*)$/.exec(plain);
  if (cmp !== null) return explainCmp(steps, failed, names, cmp, subject);
  const range = /^range (\w+) reg (\d+) /.exec(plain);
  if (range !== null) return explainRange(names, range, step, plain);
  const set = /^lookup reg (\d+) set (\S+)( dreg \d+)?( 0x1)?$/.exec(plain);
  if (set !== null) return lookup(names, set, step);
  const seen = step.saw === undefined ? '' : ` (${step.saw})`;
  return step.why === undefined ? `${plain}${seen}` : `${subjectOf(plain, subject)}: ${step.why}`;
}

/** The name of what a failed load wanted, or of the match, or the bytecode. */
function subjectOf(plain: string, subject: Subject): string {
  const flowtable = /^flow_offload flowtable (\S+)$/.exec(plain)?.[1];
  if (flowtable !== undefined) return `flow add @${flowtable}`;
  const match = /^match name (\S+) rev \d+$/.exec(plain) ?? /^opaque "(.*)" \(.*\)$/.exec(plain);
  return match?.[1] ?? load(`[ ${plain} ]`, '', subject)?.name ?? plain;
}

function explainCmp(
  steps: readonly ExprStep[],
  failed: number,
  names: RegisterNames,
  cmp: RegExpExecArray,
  subject: Subject,
): string {
  const [, op = 'eq', register, words = ''] = cmp;
  const step = steps[failed];
  const wanted = hexWords(words);
  const before = steps[failed - 1];
  if (before !== undefined && step?.saw !== undefined) {
    const part = partial(before, subject, op, step.saw, wanted);
    if (part !== undefined) return part;
  }
  const loaded = names.from(Number(register), 1)[0];
  return loaded === undefined
    ? `0x${step?.saw ?? '?'} ${SIGNS[op] ?? '≠'} 0x${wanted}`
    : comparison(op, loaded, wanted);
}

function explainRange(
  names: RegisterNames,
  words: RegExpExecArray,
  step: ExprStep,
  plain: string,
): string {
  const loaded = names.from(Number(words[2]), 1)[0];
  const sign = words[1] === 'eq' ? '∉' : '∈';
  const bounds = plain
    .slice(words[0].length)
    .split(' ')
    .map((w) => w.slice(2))
    .join('');
  const from = bounds.slice(0, bounds.length / 2);
  const to = bounds.slice(bounds.length / 2);
  if (loaded === undefined) return `0x${step.saw ?? '?'} ${sign} 0x${from}-0x${to}`;
  return `${loaded.name} ${shown(loaded, loaded.saw)} ${sign} ${shown(loaded, from)}-${shown(loaded, to)}`;
}
