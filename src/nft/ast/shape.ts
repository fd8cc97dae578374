// What a rule looks like apart from its addresses and ports: rules of one shape compile to the same
// expressions but for those bytes. Only forms of which that is certain have a shape.

import { hexOfWord, parseIPv4 } from '../../bytes/index.ts';
import type { RuleShape } from '../../program/index.ts';
import type { Expression } from './expressions.ts';
import type { Rule } from './objects.ts';
import type { Statement } from './statements.ts';

const PORTS: ReadonlySet<string> = new Set(['sport', 'dport']);
const ADDRESSES: ReadonlySet<string> = new Set(['saddr', 'daddr']);
const TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'th']);

/** A mark in the key where bytes stand that differ from rule to rule. */
export const ADDRESS = '\u0001';
export const PORT = '\u0002';

function selector(x: Expression): string | undefined {
  switch (x.kind) {
    case 'payload':
      return x.tunnel === undefined ? `${x.protocol} ${x.field}` : undefined;
    case 'meta':
      return `meta ${x.key}`;
    case 'ct':
      return `ct ${x.dir ?? ''} ${x.key}`;
    default:
      return undefined;
  }
}

/** An address or a port that may be another one in a rule of the same shape. */
export interface Hole {
  readonly kind: typeof ADDRESS | typeof PORT;
  readonly expr: Expression;
}

/** What is found on the way; holes where somebody asks for them. */
interface Found {
  readonly bytes: string[];
  readonly holes: Hole[] | undefined;
}

/** The right side; what may differ goes to `found`. */
function operand(left: Expression, x: Expression, found: Found): string | undefined {
  if (x.kind === 'integer') {
    const isPort =
      left.kind === 'payload' && PORTS.has(left.field) && TRANSPORTS.has(left.protocol);
    if (!isPort || typeof x.value !== 'number' || x.value > 0xffff) return `${x.value}`;
    found.bytes.push(hexOfWord(x.value, 2));
    found.holes?.push({ kind: PORT, expr: x });
    return PORT;
  }
  if (x.kind !== 'symbol') return undefined;
  const isAddress = left.kind === 'payload' && left.protocol === 'ip' && ADDRESSES.has(left.field);
  const address = isAddress && x.form === 'word' ? parseIPv4(x.name) : undefined;
  if (address === undefined) return `${x.form} ${x.name.length} ${x.name}`;
  found.bytes.push(hexOfWord(address, 4));
  found.holes?.push({ kind: ADDRESS, expr: x });
  return ADDRESS;
}

function statement(x: Statement, found: Found): string | undefined {
  switch (x.kind) {
    case 'match': {
      const left = selector(x.left);
      const right = left === undefined ? undefined : operand(x.left, x.right, found);
      return right === undefined ? undefined : `${left}${x.op}${right}`;
    }
    case 'counter':
      return `counter ${x.packets} ${x.bytes}`;
    case 'verdict':
      return `${x.verdict.verdict} ${x.verdict.target?.name ?? ''}`;
    default:
      return undefined;
  }
}

/**
 * Undefined for a rule with anything in it that is not known to compile alike.
 * @param holes gets the places of what may differ, in the order of the bytes
 */
export function shapeOf({ statements }: Rule, holes?: Hole[]): RuleShape | undefined {
  const found: Found = { bytes: [], holes };
  let key = '';
  for (const one of statements) {
    const part = statement(one, found);
    if (part === undefined) return undefined;
    key += part;
    key += '\n';
  }
  return found.bytes.length === 0 ? undefined : { key, values: found.bytes };
}
