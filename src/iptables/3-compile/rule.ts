// A rule to nf_tables' expressions, as iptables-nft makes them (nft-ipv4.c, nft-ipv6.c, nft-arp.c
// and nft-bridge.c): what is native comes first, in the order those files have; then matches, the
// counter, and what the rule does.

import { hex, utf8Encode } from '../../bytes/index.ts';
import type { CmpOp, Expr, PayloadBase, Rule, Source } from '../../program/index.ts';
import type {
  ArpParts,
  BridgeParts,
  Masked,
  MaskedNumber,
  Negatable,
  Target,
  Use,
  XtRule,
} from '../ast/index.ts';
import type { PrintContext } from '../extension/index.ts';

const REG = 1;

/** Expressions that do not differ from rule to rule are made once: ten thousand rules have the same. */
function once<A extends readonly (string | number)[], T>(
  make: (...args: A) => T,
): (...args: A) => T {
  const made = new Map<string, T>();
  return (...args) => {
    const key = args.join(' ');
    let one = made.get(key);
    if (one === undefined) {
      one = Object.freeze(make(...args));
      made.set(key, one);
    }
    return one;
  };
}

const cmp = (data: string, negated: boolean): Expr => compare(data, negated ? 'neq' : 'eq');
const compare = (data: string, op: CmpOp): Expr => ({ kind: 'cmp', sreg: REG, op, data });
const meta = once((key: string): Expr => ({ kind: 'meta', key, dreg: REG }));
const payload = once(
  (base: PayloadBase, offset: number, len: number): Expr => ({
    kind: 'payload',
    base,
    offset,
    len,
    dreg: REG,
  }),
);
const mask = once(
  (bits: string): Expr => ({
    kind: 'bitwise',
    sreg: REG,
    dreg: REG,
    len: bits.length / 2,
    op: 'mask-xor',
    mask: bits,
    xor: '0'.repeat(bits.length),
  }),
);

/** What `! -i +` compares with: a name that no interface can have. */
export const NO_INTERFACE = hex(utf8Encode('INVAL/D\0'));

/** add_iface(): a name with its final zero, or without it what it begins with. */
const onInterface = (key: string, { value, negated }: Negatable<string>): readonly Expr[] =>
  interfaceExprs(key, value, negated ? 1 : 0);

const interfaceExprs = once((key: string, value: string, negated: number): readonly Expr[] => {
  if (value === '+') return [meta(key), cmp(NO_INTERFACE, false)];
  const name = value.endsWith('+') ? value.slice(0, -1) : `${value}\0`;
  return [meta(key), cmp(hex(utf8Encode(name)), negated === 1)];
});

/** add_addr(): whole bytes of a prefix are loaded alone, other masks cost an operation. */
function onBytes(base: PayloadBase, offset: number, { value, negated }: Negatable<Masked>): Expr[] {
  const whole = /^(?:ff)*/.exec(value.mask)![0].length;
  if (/^0*$/.test(value.mask.slice(whole)) && whole > 0)
    return [payload(base, offset, whole / 2), cmp(value.bytes.slice(0, whole), negated)];
  return [
    payload(base, offset, value.bytes.length / 2),
    mask(value.mask),
    cmp(value.bytes, negated),
  ];
}

const wide = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0');

function onNumber(
  base: PayloadBase,
  offset: number,
  bytes: number,
  { value, negated }: Negatable<MaskedNumber>,
): Expr[] {
  const bits = wide(value.mask, bytes);
  return [
    payload(base, offset, bytes),
    ...(/^f+$/.test(bits) ? [] : [mask(bits)]),
    cmp(wide(value.value, bytes), negated),
  ];
}

/** Offsets of addresses in the network header. */
const ADDRESS = { ip: [12, 16], ip6: [8, 24] } as const;

/** The fragment offset, without the flags above it. */
const FRAGMENT: readonly Expr[] = [payload('network', 6, 2), mask('1fff')];

function internet(exprs: Expr[], rule: XtRule, family: 'ip' | 'ip6'): void {
  const { protocol, source, destination, fragment } = rule;
  const [from, to] = ADDRESS[family];
  if (protocol) exprs.push(meta('l4proto'), cmp(wide(protocol.value, 1), protocol.negated));
  if (source) exprs.push(...onBytes('network', from, source));
  if (destination) exprs.push(...onBytes('network', to, destination));
  if (fragment) exprs.push(...FRAGMENT, cmp('0000', !fragment.negated));
}

const number = (value: number, mask: number): Negatable<MaskedNumber> => ({
  value: { value, mask },
  negated: false,
});

/** What arptables asks for when it is asked for nothing: Ethernet, addresses of six bytes. */
export const ARP_DEFAULTS = { hardwareType: number(1, 0xffff), hardwareLength: number(6, 0xff) };

/** ARP over Ethernet for IPv4: addresses of six and four bytes behind eight (RFC 826). */
export const ARP_OFFSETS = {
  sourceMac: 8,
  source: 14,
  destinationMac: 18,
  destination: 24,
} as const;

/** nft_arp_add() takes a type of nothing for one that was not given. */
const isAny = ({ value, negated }: Negatable<MaskedNumber>): boolean =>
  value.value === 0 && value.mask === 0xffff && !negated;

function arpHeader(arp: ArpParts, { source, destination }: XtRule): Expr[] {
  const { hardwareType = ARP_DEFAULTS.hardwareType, hardwareLength = ARP_DEFAULTS.hardwareLength } =
    arp;
  return [
    ...(isAny(hardwareType) ? [] : onNumber('network', 0, 2, hardwareType)),
    ...(arp.protocolType && !isAny(arp.protocolType)
      ? onNumber('network', 2, 2, arp.protocolType)
      : []),
    ...onNumber('network', 4, 1, hardwareLength),
    ...onNumber('network', 5, 1, number(4, 0xff)),
    ...(arp.opcode && !isAny(arp.opcode) ? onNumber('network', 6, 2, arp.opcode) : []),
    ...(arp.sourceMac ? onBytes('network', ARP_OFFSETS.sourceMac, arp.sourceMac) : []),
    ...(source ? onBytes('network', ARP_OFFSETS.source, source) : []),
    ...(arp.destinationMac
      ? onBytes('network', ARP_OFFSETS.destinationMac, arp.destinationMac)
      : []),
    ...(destination ? onBytes('network', ARP_OFFSETS.destination, destination) : []),
  ];
}

/** ETH_P_802_3_MIN: below it the field is a length. */
const ETH_P_802_3_MIN = '0600';

function frame({ logicalIn, logicalOut, source, destination, protocol }: BridgeParts): Expr[] {
  return [
    ...(logicalIn ? onInterface('bri_iifname', logicalIn) : []),
    ...(logicalOut ? onInterface('bri_oifname', logicalOut) : []),
    ...(source ? onBytes('link', 6, source) : []),
    ...(destination ? onBytes('link', 0, destination) : []),
    ...(protocol ? frameType(protocol) : []),
  ];
}

function frameType({ value, negated }: Negatable<number | 'length'>): Expr[] {
  const field = payload('link', 12, 2);
  if (value === 'length') return [field, compare(ETH_P_802_3_MIN, negated ? 'gte' : 'lt')];
  return [field, cmp(wide(value, 2), negated)];
}

function native(rule: XtRule): Expr[] {
  const exprs: Expr[] = [];
  if (rule.inInterface) exprs.push(...onInterface('iifname', rule.inInterface));
  if (rule.outInterface) exprs.push(...onInterface('oifname', rule.outInterface));
  if (rule.family === 'arp') exprs.push(...arpHeader(rule.arp ?? {}, rule));
  else if (rule.family === 'bridge') exprs.push(...frame(rule.bridge ?? {}));
  else internet(exprs, rule, rule.family);
  return exprs;
}

function pushUse(exprs: Expr[], use: Use, cx: PrintContext): void {
  if (use.kind === 'opaque') {
    exprs.push({ kind: 'opaque', text: use.text, reason: use.reason });
    return;
  }
  const { extension, info } = use;
  const lowered = extension.native?.lower(info, cx);
  if (lowered !== undefined) exprs.push(...lowered);
  else {
    const name = extension.kernelName ?? extension.name;
    exprs.push({ kind: extension.kind, name, rev: extension.rev, info });
  }
}

const verdict = once(
  (code: 'accept' | 'drop' | 'return'): Expr => ({
    kind: 'immediate',
    dreg: 0,
    data: { kind: 'verdict', verdict: { code } },
  }),
);

/** ebtables' broute: dropping a frame there means to route it (nft_meta_bridge.c, NFT_META_BRI_BROUTE). */
export const BROUTE: readonly Expr[] = [
  { kind: 'immediate', dreg: REG, data: { kind: 'value', bytes: '01' } },
  { kind: 'meta-set', key: 'broute', sreg: REG },
  verdict('accept'),
];

function pushTarget(exprs: Expr[], target: Target, cx: PrintContext): void {
  if (target.kind === 'known' || target.kind === 'opaque') pushUse(exprs, target, cx);
  else if (target.kind !== 'verdict') {
    const { kind: code, chain } = target;
    exprs.push({ kind: 'immediate', dreg: 0, data: { kind: 'verdict', verdict: { code, chain } } });
  } else if (cx.table === 'broute' && target.verdict === 'DROP') exprs.push(...BROUTE);
  // What ip_queue was: the queue without a number (NF_QUEUE).
  else if (target.verdict === 'QUEUE') exprs.push({ kind: 'queue', num: 0, total: 1, flags: 0 });
  else if (target.verdict !== 'CONTINUE')
    exprs.push(verdict(target.verdict.toLowerCase() as 'accept' | 'drop' | 'return'));
}

/** What extensions are told of the rule they are in. */
export function contextOf(rule: XtRule, table: string, numeric = true): PrintContext {
  const frame = rule.bridge?.protocol?.value;
  const protocol =
    rule.family === 'bridge' ? (frame === 'length' ? 0 : frame) : rule.protocol?.value;
  return { family: rule.family, table, protocol: protocol ?? 0, numeric };
}

/** The rule as the engine takes it. */
export function lowerRule(rule: XtRule, table: string, source?: Source): Rule {
  const cx = contextOf(rule, table);
  const { packets, bytes } = rule.counters ?? { packets: 0, bytes: 0 };
  const exprs = native(rule);
  for (const match of rule.matches) pushUse(exprs, match, cx);
  exprs.push({ kind: 'counter', packets, bytes });
  if (rule.target !== undefined) pushTarget(exprs, rule.target, cx);
  const compat = cx.protocol === 0 ? undefined : { protocol: cx.protocol, invert: negated(rule) };
  // Four literals, since there may be ten thousand of them and spreads cost more than all the rest.
  if (source === undefined) return compat === undefined ? { exprs } : { exprs, compat };
  return compat === undefined ? { exprs, source } : { exprs, compat, source };
}

const negated = ({ family, bridge, protocol }: XtRule): boolean =>
  (family === 'bridge' ? bridge?.protocol?.negated : protocol?.negated) ?? false;
