// What a ruleset gives away about the network it stands in.
import { formatIPv4, formatIPv6, u32, unhex, utf8Decode } from '../../bytes/index.ts';
import type { Chain, Expr, Program, Rule, Table } from '../../program/index.ts';

export interface Hints {
  /** Interfaces by the names rules use, in order of mention; `ppp*` stands as `ppp0`. */
  readonly devices: readonly string[];
  /** The interface that masquerade or snat rules send by. */
  readonly uplink: string | undefined;
  /** The interface that rules about translated connections (`ct status dnat`) let packets out by. */
  readonly inward?: string;
  /** The ruleset forwards: it has rules about that, or translates addresses. */
  readonly forwards: boolean;
  /** Addresses that destination NAT leads to: hosts behind the firewall. */
  readonly targets: readonly string[];
  /** Addresses that destination NAT takes from, and source NAT gives: the firewall's own. */
  readonly own: readonly string[];
}

/** What was loaded into a register: the name of a field, or a constant. */
type Held = { readonly field: string } | { readonly value: string };

const text = (digits: string): string => utf8Decode(unhex(digits)).replace(/\0.*$/s, '');

/** `ppp*` is compared without its closing zero; `ppp0` is one of them. */
const deviceName = (digits: string): string =>
  digits.length < 32 && !digits.endsWith('00') ? `${text(digits)}0` : text(digits);

const address = (digits: string): string | undefined => {
  if (digits.length === 8) return formatIPv4(u32(unhex(digits), 0));
  return digits.length === 32 ? formatIPv6(unhex(digits)) : undefined;
};

function fieldOf(expr: Expr): { register: number; field: string } | undefined {
  if (expr.kind === 'meta') return { register: expr.dreg, field: expr.key };
  if (expr.kind !== 'payload' || expr.base !== 'network') return undefined;
  const isDaddr = (expr.offset === 16 && expr.len === 4) || (expr.offset === 24 && expr.len === 16);
  return { register: expr.dreg, field: isDaddr ? 'daddr' : 'other' };
}

class Collector {
  readonly devices = new Set<string>();
  readonly targets = new Set<string>();
  readonly own = new Set<string>();
  uplink: string | undefined;
  inward: string | undefined;
  forwards = false;

  chain(table: Table, chain: Chain): void {
    // iptables-save writes FORWARD in any case, and a host may well refuse to forward.
    if (chain.base?.hook === 'forward' && chain.rules.length > 0) this.forwards = true;
    for (const device of chain.base?.devices ?? []) this.device(device.replace(/\*$/, '0'));
    for (const rule of chain.rules) this.rule(table, rule);
  }

  device(name: string): void {
    if (name !== 'lo' && name !== '' && /^[\w.:@-]+$/.test(name)) this.devices.add(name);
  }

  rule(table: Table, rule: Rule): void {
    const held = new Map<number, Held>();
    let out: string | undefined;
    let to: string | undefined;
    for (const expr of rule.exprs) {
      const loaded = fieldOf(expr);
      if (loaded !== undefined) held.set(loaded.register, { field: loaded.field });
      else if (expr.kind === 'immediate' && expr.data.kind === 'value')
        held.set(expr.dreg, { value: expr.data.bytes });
      for (const [field, value] of this.#wanted(table, expr, held)) {
        if (field === 'iifname' || field === 'oifname') this.device(deviceName(value));
        if (field === 'oifname') out = deviceName(value);
        if (field === 'daddr') to = address(value);
      }
      this.#nat(expr, held, out, to);
    }
    if (rule.exprs.some((e) => e.kind === 'ct' && e.key === 'status')) this.inward ??= out;
  }

  /** Fields and the values a rule wants of them. */
  #wanted(table: Table, expr: Expr, held: ReadonlyMap<number, Held>): [string, string][] {
    if (expr.kind !== 'cmp' && expr.kind !== 'lookup') return [];
    const source = held.get(expr.sreg);
    if (source === undefined || !('field' in source)) return [];
    if (expr.kind === 'cmp') return expr.op === 'eq' ? [[source.field, expr.data]] : [];
    const set = table.sets.find((s) => s.name === expr.set);
    const keys = set?.fieldLens === undefined ? (set?.elements ?? []) : [];
    return keys.filter((e) => e.keyEnd === undefined).map((e) => [source.field, e.key]);
  }

  #nat(expr: Expr, held: ReadonlyMap<number, Held>, out?: string, to?: string): void {
    if (expr.kind !== 'nat' && expr.kind !== 'masq' && expr.kind !== 'redir') return;
    this.forwards = true;
    const isSource = expr.kind === 'masq' || (expr.kind === 'nat' && expr.type === 'snat');
    if (isSource) this.uplink ??= out;
    if (expr.kind !== 'nat' || expr.regAddrMin === undefined) return;
    const source = held.get(expr.regAddrMin);
    const given = source !== undefined && 'value' in source ? address(source.value) : undefined;
    if (given !== undefined) (isSource ? this.own : this.targets).add(given);
    if (!isSource && to !== undefined) this.own.add(to);
  }
}

/** Reads a ruleset for interfaces and addresses. */
export function hintsOf(programs: readonly Program[]): Hints {
  const collector = new Collector();
  for (const table of programs.flatMap((p) => p.tables))
    for (const chain of table.chains) collector.chain(table, chain);
  return {
    devices: [...collector.devices],
    uplink: collector.uplink,
    ...(collector.inward === undefined ? {} : { inward: collector.inward }),
    forwards: collector.forwards,
    targets: [...collector.targets],
    own: [...collector.own],
  };
}
