// The byte order of the constants of a rule. A program spells every value as a big-endian host
// holds it; the kernel wants those of its own host. Which bytes are numbers of the host is found by
// following the registers: a load tells what it leaves, a comparison takes the order of what it
// looks at, a constant that of what it is stored to. The same walk serves both directions, because
// turning twice gives back the first value.

import type { Expr, Hex } from '../../program/index.ts';
import * as stored from './keys-order.ts';
import { Order, RegisterOrders, type Slice } from './registers.ts';

/** The fields of a set's keys and data, shared by its elements and the rules that use it. */
export interface SetFields {
  readonly key: readonly Slice[];
  /** Not of verdicts. */
  readonly data: readonly Slice[];
}
export type SetLookup = (name: string) => SetFields | undefined;

/** The slices of an expression's constant. */
export type Slices = readonly Slice[];

const bytesIn = (hex: Hex): number => hex.length / 2;
const NETWORK = 0;
const IFINDEX = 4;
const MOST = 64;

class Walk {
  readonly #registers = new RegisterOrders();
  readonly #sets: SetLookup;

  constructor(sets: SetLookup) {
    this.#sets = sets;
  }

  #leave(dreg: number, what: stored.Stored | undefined): Slices {
    const { length, host } = what ?? { length: 4, host: NETWORK };
    this.#registers.write(dreg, length, new Order(host));
    return [];
  }

  #take(sreg: number | undefined, hostBytes: number): Slices {
    if (sreg === undefined) return [];
    this.#registers.orderOf(sreg).settle(hostBytes);
    return [];
  }

  #agree(sreg: number, fields: readonly Slice[]): void {
    for (const field of fields) {
      const [slice] = this.#registers
        .read(sreg, field.at + field.length)
        .filter(({ at }) => at === field.at);
      slice?.order.agree(field.order);
    }
  }

  #immediate(expr: Extract<Expr, { kind: 'immediate' }>): Slices {
    if (expr.data.kind !== 'value') return [];
    const length = bytesIn(expr.data.bytes);
    const order = new Order();
    this.#registers.write(expr.dreg, length, order);
    return [{ at: 0, length, order }];
  }

  #bitwise(expr: Extract<Expr, { kind: 'bitwise' }>): Slices {
    const slices = this.#registers.read(expr.sreg, expr.len);
    if ('sreg2' in expr) this.#agree(expr.sreg2, slices);
    this.#registers.writeFields(expr.dreg, slices);
    return expr.op === 'mask-xor' ? slices : [];
  }

  #byteorder(expr: Extract<Expr, { kind: 'byteorder' }>): Slices {
    const [before, after] = expr.op === 'hton' ? [expr.size, NETWORK] : [NETWORK, expr.size];
    for (const { order } of this.#registers.read(expr.sreg, expr.len)) order.settle(before);
    this.#registers.write(expr.dreg, expr.len, new Order(after));
    return [];
  }

  #lookup(set: string, key: number, data: number | undefined, stores: boolean): Slices {
    const fields = this.#sets(set);
    if (fields === undefined) return [];
    this.#agree(key, fields.key);
    if (data === undefined) return [];
    if (stores) this.#agree(data, fields.data);
    else this.#registers.writeFields(data, fields.data);
    return [];
  }

  /** Steps over one expression; what its constant is made of. */
  step(expr: Expr): Slices {
    switch (expr.kind) {
      case 'immediate':
        return this.#immediate(expr);
      case 'cmp':
        return this.#registers.read(expr.sreg, bytesIn(expr.data));
      case 'range':
        return this.#registers.read(expr.sreg, bytesIn(expr.from));
      case 'bitwise':
        return this.#bitwise(expr);
      case 'byteorder':
        return this.#byteorder(expr);
      case 'lookup':
        return this.#lookup(expr.set, expr.sreg, expr.dreg, false);
      case 'dynset':
        return this.#lookup(expr.set, expr.sregKey, expr.sregData, true);
      case 'objref':
        return 'set' in expr.ref ? this.#lookup(expr.ref.set, expr.ref.sreg, undefined, true) : [];
      case 'inner':
        return this.step(expr.expr);
      default:
        return this.#load(expr) ?? this.#store(expr);
    }
  }

  #load(expr: Expr): Slices | undefined {
    switch (expr.kind) {
      case 'payload':
      case 'exthdr':
        return this.#leave(expr.dreg, { length: Math.min(expr.len, MOST), host: NETWORK });
      case 'meta':
        return this.#leave(expr.dreg, stored.META[expr.key]);
      case 'ct':
        return this.#leave(expr.dreg, stored.CT[expr.key]);
      case 'rt':
        return this.#leave(expr.dreg, stored.RT[expr.key]);
      case 'socket':
        return this.#leave(expr.dreg, stored.SOCKET[expr.key]);
      case 'fib':
        return this.#leave(
          expr.dreg,
          stored.FIB[expr.flags.includes('present') ? 'present' : expr.result],
        );
      case 'xfrm':
        return this.#leave(expr.dreg, stored.XFRM[expr.key]);
      case 'tunnel':
        return this.#leave(expr.dreg, stored.TUNNEL[expr.key]);
      case 'osf':
        return this.#leave(expr.dreg, stored.META.iifname);
      case 'numgen':
      case 'hash':
        return this.#leave(expr.dreg, stored.META.mark);
      default:
        return undefined;
    }
  }

  #store(expr: Expr): Slices {
    switch (expr.kind) {
      case 'meta-set':
        return this.#take(expr.sreg, stored.META[expr.key]?.host ?? NETWORK);
      case 'ct-set':
        return this.#take(expr.sreg, stored.CT[expr.key]?.host ?? NETWORK);
      case 'payload-write':
      case 'exthdr-write':
        return this.#take(expr.sreg, NETWORK);
      case 'dup':
      case 'fwd':
        this.#take(expr.sregAddr, NETWORK);
        return this.#take(expr.sregDev, IFINDEX);
      case 'queue':
        return this.#take(expr.sregQnum, 4);
      default:
        // Addresses and ports of NAT and tproxy are in network order, as are constants unsettled.
        return [];
    }
  }
}

/** For each expression what its constant is made of; orders settle as more rules are walked. */
export function followRule(exprs: readonly Expr[], sets: SetLookup): readonly Slices[] {
  const walk = new Walk(sets);
  return exprs.map((expr) => walk.step(expr));
}
