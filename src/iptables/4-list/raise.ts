// From nf_tables' expressions back to a rule: the inverse of 3-compile/rule.ts.

import { unhex, utf8Decode } from '../../bytes/index.ts';
import type {
  BitwiseExpr,
  CmpExpr,
  Expr,
  PayloadLoadExpr,
  Rule,
  XtInfo,
} from '../../program/index.ts';
import { extensionOfKernel, extensionsOf } from '../1-parse/extensions.ts';
import { prefixMask } from '../2-check/addresses.ts';
import { ARP_OFFSETS, NO_INTERFACE } from '../3-compile/rule.ts';
import type {
  ArpParts,
  BridgeParts,
  Counters,
  Masked,
  MaskedNumber,
  Negatable,
  Target,
  Use,
  XtRule,
} from '../ast/index.ts';
import type { Extension, PrintContext, XtFamily } from '../extension/index.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Draft = Writable<XtRule> & { matches: Use[] };

/** A field that is loaded, masked or not, and compared. */
interface Field {
  readonly load: PayloadLoadExpr;
  readonly bitwise: (BitwiseExpr & { readonly op: 'mask-xor' }) | undefined;
  readonly cmp: CmpExpr;
  readonly end: number;
}

function fieldAt(exprs: readonly Expr[], at: number): Field | undefined {
  const load = exprs[at];
  if (load?.kind !== 'payload') return undefined;
  const second = exprs[at + 1];
  const masks = second?.kind === 'bitwise' && second.op === 'mask-xor' && /^0*$/.test(second.xor);
  const cmp = exprs[masks ? at + 2 : at + 1];
  if (cmp?.kind !== 'cmp') return undefined;
  return { load, bitwise: masks ? second : undefined, cmp, end: masks ? at + 3 : at + 2 };
}

const isEquality = ({ op }: CmpExpr): boolean => op === 'eq' || op === 'neq';

/** The address of a field, with the bytes that were not loaded as its host part. */
function maskedOf({ load, bitwise, cmp }: Field, bytes: number): Negatable<Masked> {
  const missing = '00'.repeat(bytes - load.len);
  const mask = bitwise?.mask ?? prefixMask(load.len * 8, load.len);
  return { value: { bytes: cmp.data + missing, mask: mask + missing }, negated: cmp.op === 'neq' };
}

function numberOf({ load, bitwise, cmp }: Field): Negatable<MaskedNumber> {
  const mask = Number.parseInt(bitwise?.mask ?? 'ff'.repeat(load.len), 16);
  return { value: { value: Number.parseInt(cmp.data, 16), mask }, negated: cmp.op === 'neq' };
}

function interfaceOf({ op, data }: CmpExpr): Negatable<string> {
  if (data === NO_INTERFACE) return { value: '+', negated: op === 'eq' };
  const text = utf8Decode(unhex(data));
  const value = text.endsWith('\0') ? text.replace(/\0+$/, '') : `${text}+`;
  return { value, negated: op === 'neq' };
}

class Raiser {
  readonly #exprs: readonly Expr[];
  readonly #table: string;
  readonly #draft: Draft;
  #arp: Writable<ArpParts> = {};
  #bridge: Writable<BridgeParts> = {};
  #counters: Counters | undefined;

  constructor(exprs: readonly Expr[], family: XtFamily, table: string) {
    this.#exprs = exprs;
    this.#table = table;
    this.#draft = { family, matches: [] };
  }

  rule(): XtRule | undefined {
    let at = 0;
    while (at < this.#exprs.length) {
      const end = this.#part(at) ?? this.#extension(at);
      if (end === undefined) return undefined;
      at = end;
    }
    const { family } = this.#draft;
    if (family === 'bridge') this.#draft.target ??= { kind: 'verdict', verdict: 'CONTINUE' };
    if (Object.keys(this.#arp).length > 0) this.#draft.arp = this.#arp;
    if (Object.keys(this.#bridge).length > 0) this.#draft.bridge = this.#bridge;
    if (this.#counters !== undefined) this.#draft.counters = this.#counters;
    return this.#draft;
  }

  /** Where the part that begins here ends, or undefined where it is none of iptables' own. */
  #part(at: number): number | undefined {
    const expr = this.#exprs[at]!;
    switch (expr.kind) {
      case 'meta':
        return this.#meta(expr.key, at);
      case 'payload':
        return this.#field(at);
      case 'counter':
        this.#counters = { packets: expr.packets, bytes: expr.bytes };
        return at + 1;
      case 'match':
      case 'target':
        return this.#use(expr.kind, expr.name, expr.info as XtInfo, at);
      case 'opaque':
        return this.#opaque(expr.text, expr.reason, at);
      case 'queue':
        if (expr.num !== 0 || (expr.total ?? 1) !== 1 || expr.flags !== 0) return undefined;
        this.#draft.target = { kind: 'verdict', verdict: 'QUEUE' };
        return at + 1;
      case 'immediate':
        return expr.data.kind === 'verdict' ? this.#verdict(at) : this.#broute(at);
      default:
        return undefined;
    }
  }

  #meta(key: string, at: number): number | undefined {
    const cmp = this.#exprs[at + 1];
    if (cmp?.kind !== 'cmp' || !isEquality(cmp)) return undefined;
    const draft = this.#draft;
    if (this.#counters !== undefined || draft.matches.length > 0) return undefined;
    if (key === 'iifname') draft.inInterface = interfaceOf(cmp);
    else if (key === 'oifname') draft.outInterface = interfaceOf(cmp);
    else if (key === 'bri_iifname') this.#bridge.logicalIn = interfaceOf(cmp);
    else if (key === 'bri_oifname') this.#bridge.logicalOut = interfaceOf(cmp);
    else if (key === 'l4proto' && draft.protocol === undefined)
      draft.protocol = { value: Number.parseInt(cmp.data, 16), negated: cmp.op === 'neq' };
    else return undefined;
    return at + 2;
  }

  #field(at: number): number | undefined {
    const field = fieldAt(this.#exprs, at);
    if (field === undefined || this.#draft.matches.length > 0) return undefined;
    const { family } = this.#draft;
    const isOurs =
      family === 'bridge'
        ? this.#frameField(field)
        : isEquality(field.cmp) && this.#packetField(field, family);
    return isOurs ? field.end : undefined;
  }

  #packetField(field: Field, family: 'ip' | 'ip6' | 'arp'): boolean {
    if (field.load.base !== 'network') return false;
    if (family === 'arp') return this.#arpField(field);
    const { offset } = field.load;
    const [from, to, bytes] = family === 'ip' ? [12, 16, 4] : [8, 24, 16];
    if (offset === from) this.#draft.source = maskedOf(field, bytes);
    else if (offset === to) this.#draft.destination = maskedOf(field, bytes);
    else if (family === 'ip' && offset === 6 && field.bitwise?.mask === '1fff')
      this.#draft.fragment = { negated: field.cmp.op === 'eq' };
    else return false;
    return true;
  }

  #arpField(field: Field): boolean {
    const { offset } = field.load;
    const arp = this.#arp;
    if (offset === ARP_OFFSETS.source) this.#draft.source = maskedOf(field, 4);
    else if (offset === ARP_OFFSETS.destination) this.#draft.destination = maskedOf(field, 4);
    else if (offset === ARP_OFFSETS.sourceMac) arp.sourceMac = maskedOf(field, 6);
    else if (offset === ARP_OFFSETS.destinationMac) arp.destinationMac = maskedOf(field, 6);
    else if (offset === 6) arp.opcode = numberOf(field);
    else if (offset === 2) arp.protocolType = numberOf(field);
    else return this.#arpDefault(field);
    return true;
  }

  /** Asked for by every rule; said only where it is not what is always asked for. */
  #arpDefault(field: Field): boolean {
    const { offset } = field.load;
    const one = numberOf(field);
    const { value, mask } = one.value;
    if (offset === 0) {
      if (one.negated || value !== 1 || mask !== 0xffff) this.#arp.hardwareType = one;
    } else if (offset === 4) {
      if (one.negated || value !== 6 || mask !== 0xff) this.#arp.hardwareLength = one;
    } else return offset === 5 && value === 4 && !one.negated;
    return true;
  }

  #frameField(field: Field): boolean {
    const { load, cmp } = field;
    if (load.base !== 'link') return false;
    if (load.offset === 12 && load.len === 2 && field.bitwise === undefined)
      return this.#frameType(cmp);
    if (!isEquality(cmp)) return false;
    if (load.offset === 6 && load.len <= 6) this.#bridge.source = maskedOf(field, 6);
    else if (load.offset === 0 && load.len <= 6) this.#bridge.destination = maskedOf(field, 6);
    else return false;
    return true;
  }

  #frameType({ op, data }: CmpExpr): boolean {
    if (op === 'lt' || op === 'gte')
      this.#bridge.protocol = { value: 'length', negated: op === 'gte' };
    else this.#bridge.protocol = { value: Number.parseInt(data, 16), negated: op === 'neq' };
    return true;
  }

  #use(kind: 'match' | 'target', name: string, info: XtInfo, at: number): number | undefined {
    const extension = extensionOfKernel(kind, this.#draft.family, name);
    if (extension === undefined) return undefined;
    this.#add({ kind: 'known', extension, info }, at);
    return at + 1;
  }

  /** Before the counter matches stand, behind it the target; watchers of ebtables are matches. */
  #add(use: Use, _at: number): void {
    if (this.#counters === undefined) this.#draft.matches.push(use);
    else this.#draft.target = use;
  }

  #opaque(text: string, reason: string, at: number): number | undefined {
    if (!/^(?:! )?-/.test(text)) return undefined;
    this.#add({ kind: 'opaque', text, reason }, at);
    return at + 1;
  }

  #verdict(at: number): number | undefined {
    const expr = this.#exprs[at]!;
    if (expr.kind !== 'immediate' || expr.data.kind !== 'verdict') return undefined;
    const target = targetOfVerdict(expr.data.verdict);
    if (target === undefined) return undefined;
    this.#draft.target = target;
    return at + 1;
  }

  #broute(at: number): number | undefined {
    const set = this.#exprs[at + 1];
    if (this.#table !== 'broute' || set?.kind !== 'meta-set' || set.key !== 'broute')
      return undefined;
    this.#draft.target = { kind: 'verdict', verdict: 'DROP' };
    return at + 3;
  }

  /** Expressions that some extension is made of. */
  #extension(at: number): number | undefined {
    const kind = this.#counters === undefined ? 'match' : 'target';
    const { family } = this.#draft;
    const cx = this.#context();
    for (const extension of nativeOnes(kind, family)) {
      const raised = extension.native?.raise(this.#exprs, at, cx);
      if (raised === undefined || raised.end <= at) continue;
      this.#add({ kind: 'known', extension, info: raised.info }, at);
      return raised.end;
    }
    return undefined;
  }

  #context(): PrintContext {
    const { family, protocol } = this.#draft;
    const frame = this.#bridge.protocol?.value;
    const about = family === 'bridge' ? (frame === 'length' ? 0 : frame) : protocol?.value;
    return { family, table: this.#table, protocol: about ?? 0, numeric: true };
  }
}

const NATIVE = new Map<string, readonly Extension[]>();

function nativeOnes(kind: 'match' | 'target', family: XtFamily): readonly Extension[] {
  const key = `${kind} ${family}`;
  let found = NATIVE.get(key);
  if (found === undefined) {
    found = extensionsOf(kind, family).filter((one) => one.native !== undefined);
    NATIVE.set(key, found);
  }
  return found;
}

type VerdictData = Extract<
  Extract<Expr, { kind: 'immediate' }>['data'],
  { kind: 'verdict' }
>['verdict'];

function targetOfVerdict(verdict: VerdictData): Target | undefined {
  switch (verdict.code) {
    case 'accept':
      return { kind: 'verdict', verdict: 'ACCEPT' };
    case 'drop':
      return { kind: 'verdict', verdict: 'DROP' };
    case 'return':
      return { kind: 'verdict', verdict: 'RETURN' };
    case 'jump':
    case 'goto':
      return { kind: verdict.code, chain: verdict.chain };
    default:
      return undefined;
  }
}

/** The rule in iptables' terms, or undefined where it is not one that iptables makes. */
export const raiseRule = (rule: Rule, family: XtFamily, table: string): XtRule | undefined =>
  new Raiser(rule.exprs, family, table).rule();
