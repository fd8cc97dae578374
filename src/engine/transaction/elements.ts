// newelem and delelem: nft_add_set_elem() and nft_del_setelem() in nf_tables_api.c.

import { NS_PER_MS } from '../../core/index.ts';
import type { Change, SetElement } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import { bindVerdict } from '../expr/immediate.ts';
import { compareWords, hexToWords } from '../registers.ts';
import { Element, NEVER } from '../set/element.ts';
import type { RuntimeSet } from '../set/set.ts';
import { objectKey } from '../state/table.ts';
import { mergeInto } from './auto-merge.ts';
import { holdElement, releaseElement } from './sets.ts';
import type { Transaction } from './transaction.ts';

type NewElem = Extract<Change, { op: 'newelem' }>;
type DelElem = Extract<Change, { op: 'delelem' }>;

const EMPTY = new Uint32Array(0);

function checkShape(set: RuntimeSet, spec: SetElement): void {
  const { name } = set;
  if (!spec.catchall && spec.key.length !== set.spec.keyLen * 2)
    refuse(
      'EINVAL',
      `a key of set ${name} has ${set.spec.keyLen} bytes, not ${spec.key.length / 2}`,
    );
  if (spec.keyEnd !== undefined && !set.has('interval'))
    refuse('EINVAL', `set ${name} takes no intervals`);
  if (spec.keyEnd !== undefined && spec.keyEnd.length !== spec.key.length)
    refuse('EINVAL', `the ends of an interval of set ${name} differ in length`);
  if (spec.timeout !== undefined && spec.timeout > 0 && !set.has('timeout'))
    refuse('EINVAL', `set ${name} has no timeout flag`);
  if (set.isMap && spec.data === undefined && !set.isObjectMap)
    refuse('EINVAL', `an element of map ${name} needs data`);
  if (!set.isMap && spec.data !== undefined) refuse('EINVAL', `set ${name} is not a map`);
  if (set.isObjectMap !== (spec.objref !== undefined))
    refuse('EINVAL', `set ${name} and its element do not agree about objects`);
}

/** Whether every field's bounds are in order. */
function inOrder(set: RuntimeSet, element: Element): boolean {
  const lens = set.spec.fieldLens ?? [];
  if (lens.length < 2) return orderOf(element, 0, set.words) <= 0;
  let at = 0;
  for (const bytes of lens) {
    const words = (bytes + 3) >> 2;
    if (orderOf(element, at, words) > 0) return false;
    at += words;
  }
  return true;
}

/** Below zero where these words of the lower bound are below those of the upper. */
function orderOf(element: Element, at: number, words: number): number {
  for (let i = at; i < at + words; i++) {
    const order = element.keyWord(i) - element.endWord(i);
    if (order !== 0) return order;
  }
  return 0;
}

function elementOf(set: RuntimeSet, spec: SetElement, key: Uint32Array | null): Element {
  if (spec.catchall) return new Element(EMPTY, EMPTY, true, spec);
  const element = new Element(key, null, false, spec);
  if (spec.keyEnd !== undefined && !inOrder(set, element))
    refuse('EINVAL', `an interval of set ${set.name} ends before it begins`);
  return element;
}

export function makeElement(tx: Transaction, set: RuntimeSet, spec: SetElement): Element {
  checkShape(set, spec);
  const element = elementOf(set, spec, null);
  if (spec.data?.kind === 'verdict') {
    if (!set.isVerdictMap) refuse('EINVAL', `map ${set.name} does not hold verdicts`);
    element.verdict = bindVerdict(spec.data.verdict, tx.context(set.table, null));
  } else if (spec.data !== undefined) {
    if (spec.data.bytes.length !== (set.spec.dataLen ?? 0) * 2)
      refuse('EINVAL', `data of map ${set.name} has ${set.spec.dataLen} bytes`);
    element.data = dataWords(set, spec.data.bytes, spec.dataEnd);
  }
  if (spec.objref !== undefined && set.spec.objType !== undefined)
    element.object =
      set.table.objects.get(objectKey(set.spec.objType, spec.objref)) ??
      refuse('ENOENT', `there is no ${set.spec.objType} ${spec.objref}`);
  const exprs = spec.exprs ?? (spec.catchall && set.spec.exprs.length === 0 ? [] : set.spec.exprs);
  if (exprs.length > 0) {
    const cx = tx.context(set.table, null);
    element.ops = exprs.map((expr) => cx.prepare(expr));
  }
  setExpiry(tx, set, element, spec);
  return element;
}

/** Interval data lie behind one another: first and last address, the same for a single one. */
function dataWords(set: RuntimeSet, first: string, last: string | undefined): Uint32Array {
  const from = hexToWords(first, set.dataWords);
  if (set.spec.dataInterval !== true) return from;
  const both = new Uint32Array(set.dataWords * 2);
  both.set(from);
  both.set(hexToWords(last ?? first, set.dataWords), set.dataWords);
  return both;
}

function setExpiry(tx: Transaction, set: RuntimeSet, element: Element, spec: SetElement): void {
  if (!set.has('timeout')) return;
  element.timeout = spec.timeout === undefined ? set.timeout : spec.timeout * NS_PER_MS;
  const left = spec.expires === undefined ? element.timeout : spec.expires * NS_PER_MS;
  element.expires = element.timeout === 0 ? NEVER : tx.now + left;
}

function insertElement(set: RuntimeSet, element: Element, added: Element[]): void {
  set.insert(element);
  holdElement(element);
  added.push(element);
}

/** A list whose elements are taken out again, the last one first, where the batch is refused. */
function undoneTogether(tx: Transaction, set: RuntimeSet): Element[] {
  const added: Element[] = [];
  tx.undoWith(() => {
    for (const element of added.reverse()) {
      releaseElement(element);
      set.remove(element);
    }
  });
  return added;
}

export function removeElement(tx: Transaction, set: RuntimeSet, element: Element): void {
  set.remove(element);
  releaseElement(element);
  tx.undoWith(() => {
    holdElement(element);
    set.insert(element);
  });
}

/** Whether two elements say the same of one key. */
function sameData(a: Element, b: Element): boolean {
  if (a.verdict !== null || b.verdict !== null)
    return a.verdict?.code === b.verdict?.code && a.verdict?.chain === b.verdict?.chain;
  if (a.object !== b.object) return false;
  if (a.data === null || b.data === null) return a.data === b.data;
  return a.data.length === b.data.length && compareWords(a.data, 0, b.data, 0, a.data.length) === 0;
}

function addOne(
  tx: Transaction,
  set: RuntimeSet,
  spec: SetElement,
  change: NewElem,
  added: Element[],
): void {
  const made = makeElement(tx, set, spec);
  const merges = mergesElements(set) && !made.catchall;
  const element = merges ? mergeInto(tx, set, made) : made;
  if (element === null) return;
  const old = inTheWay(set, element, tx.now);
  if (old !== null) {
    refuseConflict(set, old, element, change);
    return;
  }
  if (set.spec.size !== undefined && set.size >= set.spec.size && !element.catchall) {
    set.collect(tx.now);
    if (set.size >= set.spec.size) refuse('ENFILE', `set ${set.name} is full: ${set.spec.size}`);
  }
  // What merging took out is put back in between: then each has its own turn.
  insertElement(set, element, merges ? undoneTogether(tx, set) : added);
}

const mergesElements = (set: RuntimeSet): boolean =>
  set.spec.autoMerge === true && set.has('interval') && !set.isMap;

function inTheWay(set: RuntimeSet, element: Element, now: number): Element | null {
  if (element.catchall) return liveCatchall(set, now);
  if (set.backend.isAbove?.(element)) return null;
  return set.backend.conflict(element.key, element.end, now);
}

const liveCatchall = (set: RuntimeSet, now: number): Element | null =>
  set.catchall !== null && set.catchall.expires > now ? set.catchall : null;

function refuseConflict(set: RuntimeSet, old: Element, made: Element, change: NewElem): void {
  const same =
    made.catchall ||
    (compareWords(old.key, 0, made.key, 0, set.words) === 0 &&
      compareWords(old.end, 0, made.end, 0, set.words) === 0);
  if (!same) refuse('EEXIST', `an element of set ${set.name} overlaps`);
  if (!sameData(old, made)) refuse('EEXIST', `the key is in map ${set.name} with other data`);
  if (change.create) refuse('EEXIST', `the element is in set ${set.name} already`);
}

/** Ranges go in sorted: each then goes behind the last, which costs nothing. */
function inOrderOfKeys(set: RuntimeSet, specs: readonly SetElement[]): readonly SetElement[] {
  if (!set.has('interval') || specs.length < 64 || (set.spec.fieldLens?.length ?? 1) > 1)
    return specs;
  const inOrder = specs.every((spec, i) => i === 0 || specs[i - 1]!.key <= spec.key);
  return inOrder ? specs : [...specs].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

export function newElem(tx: Transaction, change: NewElem): void {
  const table = tx.state.table(change.family, change.table);
  const set = tx.setIn(table, change.set);
  if (set.uses > 0 && (set.has('constant') || set.anonymous))
    refuse('EBUSY', `set ${set.name} is constant and in use`);
  const added = undoneTogether(tx, set);
  for (const spec of inOrderOfKeys(set, change.elements)) addOne(tx, set, spec, change, added);
  if (set.isVerdictMap) tx.tables.add(table);
  tx.done.push({ ...change, set: set.name });
}

export function delElem(tx: Transaction, change: DelElem): void {
  const table = tx.state.find(change.family, change.table);
  if (table === undefined && change.destroy) return;
  const set = tx.setIn(table ?? tx.state.table(change.family, change.table), change.set);
  if (set.uses > 0 && (set.has('constant') || set.anonymous))
    refuse('EBUSY', `set ${set.name} is constant and in use`);
  const doomed = change.elements;
  // From the last to the first, so that sorted lists are cut short at their end.
  if (doomed === undefined)
    for (const element of set.all().reverse()) removeElement(tx, set, element);
  else for (const spec of doomed) deleteOne(tx, set, spec, change);
  tx.done.push({ ...change, set: set.name });
}

function deleteOne(tx: Transaction, set: RuntimeSet, spec: SetElement, change: DelElem): void {
  // A key of another length than the set's is cut or filled up.
  const { key, end } = elementOf(set, spec, hexToWords(spec.key, set.words));
  const found = spec.catchall ? set.catchall : set.backend.find(key, end, tx.now);
  if (found !== null && found.expires > tx.now) removeElement(tx, set, found);
  else if (!change.destroy) refuse('ENOENT', `the element is not in set ${set.name}`);
}
