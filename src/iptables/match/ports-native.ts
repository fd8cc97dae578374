// Ports as iptables-nft asks for them: add_nft_tcpudp() of nft-shared.c.

import type { Expr, XtRange } from '../../program/index.ts';
import { isFull, U16_MAX } from '../extension/index.ts';

export interface Ports {
  readonly sports: XtRange;
  readonly dports: XtRange;
  readonly invertSport: boolean;
  readonly invertDport: boolean;
}

const hex16 = (value: number): string => value.toString(16).padStart(4, '0');
const ANY: XtRange = { min: 0, max: U16_MAX };

const load = (offset: number, len: number): Expr => ({
  kind: 'payload',
  base: 'transport',
  offset,
  len,
  dreg: 1,
});

const cmp = (op: 'eq' | 'neq' | 'lte', data: string): Expr => ({ kind: 'cmp', sreg: 1, op, data });

function lowerSide(offset: number, range: XtRange, invert: boolean): readonly Expr[] {
  const { min, max } = range;
  if (isFull(range, U16_MAX) && !invert) return [];
  if (min === max) return [load(offset, 2), cmp(invert ? 'neq' : 'eq', hex16(min))];
  if (min === 0 && !invert) return [load(offset, 2), cmp('lte', hex16(max))];
  const op = invert ? 'neq' : 'eq';
  return [load(offset, 2), { kind: 'range', sreg: 1, op, from: hex16(min), to: hex16(max) }];
}

/** One comparison of both ports where each is a single one and neither 0. */
const isPair = ({ sports, dports, invertSport, invertDport }: Ports): boolean =>
  !invertSport &&
  !invertDport &&
  sports.min === sports.max &&
  dports.min === dports.max &&
  sports.min !== 0 &&
  dports.min !== 0;

export function lowerPorts(ports: Ports): readonly Expr[] {
  const { sports, dports } = ports;
  if (isPair(ports)) return [load(0, 4), cmp('eq', `${hex16(sports.min)}${hex16(dports.min)}`)];
  return [...lowerSide(0, sports, ports.invertSport), ...lowerSide(2, dports, ports.invertDport)];
}

interface Side {
  readonly range: XtRange;
  readonly invert: boolean;
}

const parse16 = (text: string): number => Number.parseInt(text, 16);

function raiseTest(test: Expr | undefined): Side | undefined {
  if (test?.kind === 'range' && test.from.length === 4)
    return { range: { min: parse16(test.from), max: parse16(test.to) }, invert: test.op === 'neq' };
  if (test?.kind !== 'cmp' || test.data.length !== 4) return undefined;
  const port = parse16(test.data);
  if (test.op === 'lte') return { range: { min: 0, max: port }, invert: false };
  if (test.op !== 'eq' && test.op !== 'neq') return undefined;
  return { range: { min: port, max: port }, invert: test.op === 'neq' };
}

const isLoad = (expr: Expr | undefined, offset: number, len: number): boolean =>
  expr?.kind === 'payload' &&
  expr.base === 'transport' &&
  expr.offset === offset &&
  expr.len === len;

function raisePair(exprs: readonly Expr[], at: number): Ports | undefined {
  const test = exprs[at + 1];
  if (!isLoad(exprs[at], 0, 4) || test?.kind !== 'cmp' || test.op !== 'eq') return undefined;
  if (test.data.length !== 8) return undefined;
  const source = parse16(test.data.slice(0, 4));
  const destination = parse16(test.data.slice(4));
  return {
    sports: { min: source, max: source },
    dports: { min: destination, max: destination },
    invertSport: false,
    invertDport: false,
  };
}

/** The ports asked for from `at` on; `end` is `at` where there are none. */
export function raisePorts(exprs: readonly Expr[], at: number): { ports: Ports; end: number } {
  const pair = raisePair(exprs, at);
  if (pair !== undefined) return { ports: pair, end: at + 2 };
  const source = isLoad(exprs[at], 0, 2) ? raiseTest(exprs[at + 1]) : undefined;
  const next = source === undefined ? at : at + 2;
  const destination = isLoad(exprs[next], 2, 2) ? raiseTest(exprs[next + 1]) : undefined;
  return {
    ports: {
      sports: source?.range ?? ANY,
      dports: destination?.range ?? ANY,
      invertSport: source?.invert ?? false,
      invertDport: destination?.invert ?? false,
    },
    end: destination === undefined ? next : next + 2,
  };
}
