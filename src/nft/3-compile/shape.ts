// What a rule looks like apart from its addresses and ports: rules of one shape compile to the same
// expressions but for those bytes. Only forms of which that is certain have a shape.

import { parseIPv4 } from '../../bytes/index.ts';
import type { RuleShape } from '../../program/index.ts';
import type { Expression, Rule, Statement } from '../ast/index.ts';
import { hexOfWord } from './hex.ts';

const PORTS: ReadonlySet<string> = new Set(['sport', 'dport']);
const ADDRESSES: ReadonlySet<string> = new Set(['saddr', 'daddr']);
const TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp', 'th']);

/** A mark in the key where bytes stand that differ from rule to rule. */
const ADDRESS = '\u0001';
const PORT = '\u0002';

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

/** The right side; what may differ goes to `bytes`. */
function operand(left: Expression, x: Expression, bytes: string[]): string | undefined {
  if (x.kind === 'integer') {
    const isPort =
      left.kind === 'payload' && PORTS.has(left.field) && TRANSPORTS.has(left.protocol);
    if (!isPort || typeof x.value !== 'number' || x.value > 0xffff) return `${x.value}`;
    bytes.push(hexOfWord(x.value, 2));
    return PORT;
  }
  if (x.kind !== 'symbol') return undefined;
  const isAddress = left.kind === 'payload' && left.protocol === 'ip' && ADDRESSES.has(left.field);
  const address = isAddress && x.form === 'word' ? parseIPv4(x.name) : undefined;
  if (address === undefined) return `${x.form} ${x.name.length} ${x.name}`;
  bytes.push(hexOfWord(address, 4));
  return ADDRESS;
}

function statement(x: Statement, bytes: string[]): string | undefined {
  switch (x.kind) {
    case 'match': {
      const left = selector(x.left);
      const right = left === undefined ? undefined : operand(x.left, x.right, bytes);
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

/** Undefined for a rule with anything in it that is not known to compile alike. */
export function shapeOf({ statements }: Rule): RuleShape | undefined {
  const bytes: string[] = [];
  let key = '';
  for (const one of statements) {
    const part = statement(one, bytes);
    if (part === undefined) return undefined;
    key += part;
    key += '\n';
  }
  return bytes.length === 0 ? undefined : { key, bytes };
}
