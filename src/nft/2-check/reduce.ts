// After all statements are known: matches on neighbouring bytes become one load and one compare,
// and what the family says already is dropped.

import type { Family } from '../ast/index.ts';
import { BASES, integerType } from '../types/index.ts';
import type { MatchStmt, Stmt } from './statement.ts';
import { type PayloadX, rawPayload, type ValueX, value } from './typed.ts';

type Mergeable = MatchStmt & { left: PayloadX; right: ValueX };

const isEqual = (stmt: Stmt): stmt is MatchStmt =>
  stmt.kind === 'match' && (stmt.op === '==' || stmt.op === 'implicit');

const isMergeable = (stmt: Stmt): stmt is Mergeable =>
  isEqual(stmt) && stmt.left.kind === 'payload' && stmt.right.kind === 'value';

const ETHER_TYPE_OF: Partial<Record<Family, bigint>> = { ip: 0x0800n, ip6: 0x86ddn };

/** `meta protocol ip` in an ip table. */
function isRedundant(family: Family, stmt: Stmt): boolean {
  if (!isEqual(stmt) || stmt.left.kind !== 'meta' || stmt.left.inner !== undefined) return false;
  if (stmt.left.key.name !== 'protocol' || stmt.right.kind !== 'value') return false;
  return stmt.right.value === ETHER_TYPE_OF[family];
}

const FAST_BITS = 32;
const REGISTER_BITS = 128;

/** Loads of up to four bytes are fast in the kernel; merging must not lose that. */
function canMerge(a: PayloadX, b: PayloadX): boolean {
  if (a.base !== b.base || a.offset + a.len !== b.offset) return false;
  if (a.inner?.type !== b.inner?.type) return false;
  if ((a.offset | a.len | b.offset | b.len) % 8 !== 0) return false;
  const total = a.len + b.len;
  if (total > REGISTER_BITS) return false;
  return total <= FAST_BITS || a.base === 'll' || a.len > FAST_BITS || b.len > FAST_BITS;
}

function joinLoads(a: PayloadX, b: PayloadX): PayloadX {
  const joined = rawPayload(a.span, a.base, a.offset, a.len + b.len);
  if (a.inner !== undefined) joined.inner = a.inner;
  return joined;
}

const joinValues = (a: ValueX, b: ValueX): ValueX =>
  value(a.span, integerType, 'big', a.len + b.len, (a.value << BigInt(b.len)) | b.value);

const position = (x: PayloadX): number => BASES.indexOf(x.base) * 1_000_000 + x.offset;

/** As people write them, and much cheaper to see than to sort. */
function isSorted(run: readonly Mergeable[]): boolean {
  for (let i = 1; i < run.length; i++)
    if (position(run[i - 1]!.left) > position(run[i]!.left)) return false;
  return true;
}

/**
 * Merges neighbours; the statement that stays is the later one of the two in the rule unless the
 * earlier one names the protocol, which must be known before anything above it is looked at.
 */
function mergeRun(run: Mergeable[], removed: Stmt[]): void {
  if (run.length < 2) return;
  if (!isSorted(run)) run.sort((a, b) => position(a.left) - position(b.left));
  let last: Mergeable | undefined;
  for (const at of run) {
    if (last === undefined || !canMerge(last.left, at.left)) {
      last = at;
      continue;
    }
    const left = joinLoads(last.left, at.left);
    const right = joinValues(last.right, at.right);
    const protocolKey = at.left.protocolKey === true;
    const kept: Mergeable = protocolKey ? at : last;
    const gone: Mergeable = protocolKey ? last : at;
    if (protocolKey) left.protocolKey = true;
    kept.left = left;
    kept.right = right;
    removed.push(gone);
    last = kept;
  }
}

export function reduceStatements(family: Family, statements: readonly Stmt[]): readonly Stmt[] {
  const removed: Stmt[] = [];
  let run: Mergeable[] = [];
  for (const stmt of statements) {
    if (stmt.kind !== 'match') {
      if (run.length === 0) continue;
      mergeRun(run, removed);
      run = [];
    } else if (isMergeable(stmt)) {
      run.push(stmt);
    } else if (stmt !== statements.at(-1) && isRedundant(family, stmt)) {
      // nft drops it on reaching the next statement: the last one of a rule stays.
      removed.push(stmt);
    }
  }
  mergeRun(run, removed);
  return removed.length === 0 ? statements : statements.filter((stmt) => !removed.includes(stmt));
}
