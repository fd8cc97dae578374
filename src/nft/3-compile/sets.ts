// Sets as the kernel is told of them: a declaration, and elements in a message of their own.

import type { Data, SetElement, SetFlag, SetSpec, Source } from '../../program/index.ts';
import {
  bytesOf,
  type ConcatX,
  type ElemX,
  type SetInfo,
  type SetX,
  type Typed,
} from '../2-check/index.ts';
import { printExpression } from '../4-list/text-expression.ts';
import type { DataSpec, KeySpec, MapDeclaration, SetDeclaration } from '../ast/index.ts';
import { boundsHex, concatHex } from './hex.ts';
import { statefulExpr, verdictData } from './statements.ts';

type NewSet = Omit<SetSpec, 'elements'>;

/** Bytes of a key or of data: fields of a concatenation fill whole registers. */
const byteLength = (x: Typed): number => bytesOf(x.len);

function flagsOf(info: SetInfo, constant: boolean): SetFlag[] {
  const flags: SetFlag[] = [];
  if (info.anonymous) flags.push('anonymous');
  if (constant) flags.push('constant');
  if (info.interval) flags.push('interval');
  if (info.timeout) flags.push('timeout');
  if (info.dynamic) flags.push('dynamic');
  if (info.concat) flags.push('concat');
  return flags;
}

/** `concat` is for ranges within fields only; the fields are described either way. */
function describeKey(info: SetInfo): Pick<NewSet, 'keyType' | 'keyLen' | 'fieldLens'> {
  const { key } = info;
  const fieldLens = key.kind === 'concat' ? { fieldLens: key.fieldLens } : {};
  return { keyType: key.type.name, keyLen: byteLength(key), ...fieldLens };
}

function describeData(info: SetInfo): Partial<NewSet> {
  if (info.objType !== undefined) return { objType: info.objType };
  if (info.data === undefined) return {};
  const isVerdict = info.data.kind === 'verdict';
  return {
    dataType: isVerdict ? 'verdict' : info.data.type.name,
    ...(!isVerdict && { dataLen: byteLength(info.data) }),
    ...(info.dataInterval && { dataInterval: true }),
  };
}

const typeofText = (spec: KeySpec | DataSpec | undefined): string | undefined =>
  spec?.kind === 'typeof'
    ? printExpression(spec.expr)
    : spec?.kind === 'queue'
      ? 'queue'
      : undefined;

/** An anonymous set, which its rule owns. */
export function anonymousSet(info: SetInfo, size: number, source: Source | undefined): NewSet {
  return {
    name: info.name,
    flags: flagsOf(info, info.anonymous),
    ...describeKey(info),
    ...describeData(info),
    ...(size > 0 && { size }),
    exprs: [],
    ...(source !== undefined && { source }),
  };
}

/**
 * A constant set is as large as what it is declared with; of ranges the kernel counts both ends and
 * the gap before the first.
 */
function sizeOf(x: SetDeclaration | MapDeclaration, info: SetInfo, declared: number) {
  if (declared === 0 || !x.flags.includes('constant')) return x.size;
  return info.interval && !info.concat ? 2 * declared + 1 : declared;
}

/** A set that was declared, with everything its declaration says, and `elements` elements. */
export function declaredSet(
  x: SetDeclaration | MapDeclaration,
  info: SetInfo,
  elements: number | undefined,
  source: Source | undefined,
): NewSet {
  const size = sizeOf(x, info, elements ?? 0);
  const keyTypeof = typeofText(x.key);
  const dataTypeof = x.kind === 'map' ? typeofText(x.data) : undefined;
  return {
    name: info.name,
    flags: flagsOf(info, x.flags.includes('constant')),
    ...describeKey(info),
    ...(keyTypeof !== undefined && { keyTypeof }),
    ...describeData(info),
    ...(dataTypeof !== undefined && { dataTypeof }),
    ...(x.timeout !== undefined && { timeout: x.timeout }),
    ...(x.gcInterval !== undefined && { gcInterval: x.gcInterval }),
    ...(size !== undefined && { size }),
    ...(x.policy !== undefined && { policy: x.policy }),
    ...(x.autoMerge && { autoMerge: true }),
    ...(x.comment !== undefined && { comment: x.comment }),
    exprs: x.statements.map(statefulExpr),
    ...(source !== undefined && { source }),
  };
}

interface Ends {
  readonly low: string;
  readonly high: string;
}

function ends(x: Typed, shape: Typed): Ends | undefined {
  if (x.kind === 'concat') {
    const fields = shape.kind === 'concat' ? shape.fieldLens : dataFieldLens(x, shape);
    return concatHex(x, fields);
  }
  return boundsHex(x, byteLength(shape));
}

/** Data of a concatenated type carry no fields: their types say how long each is. */
const dataFieldLens = (x: ConcatX, shape: Typed): readonly number[] =>
  shape.type.parts?.map((part) => bytesOf(part.size)) ?? x.fieldLens;

function keyOf(x: Typed, info: SetInfo): Pick<SetElement, 'key' | 'keyEnd' | 'catchall'> {
  if (x.kind === 'catchall') return { key: '', catchall: true };
  const found = ends(x, info.key);
  if (found === undefined) throw new TypeError(`a ${x.kind} is no key of a set`);
  const isRange = found.low !== found.high || (info.interval && info.concat);
  return isRange ? { key: found.low, keyEnd: found.high } : { key: found.low };
}

function dataOf(x: Typed, info: SetInfo): Pick<SetElement, 'data' | 'dataEnd' | 'objref'> {
  if (x.kind === 'verdict') return { data: { kind: 'verdict', verdict: verdictData(x) } };
  if (info.objType !== undefined && x.kind === 'value') return { objref: textOf(x.value) };
  const found = info.data && ends(x, info.data);
  if (found === undefined) return {};
  const data: Data = { kind: 'value', bytes: found.low };
  return info.dataInterval ? { data, dataEnd: found.high } : { data };
}

/** A name that was read as a string: its bytes up to the first zero. */
function textOf(number: bigint): string {
  const hex = number.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  let escaped = '';
  for (let i = 0; i < even.length && even.slice(i, i + 2) !== '00'; i += 2) {
    escaped += `%${even.slice(i, i + 2)}`;
  }
  return decodeURIComponent(escaped);
}

/** Kernel and listing both take a timeout of 0 as none of its own. */
export function elementOf(x: ElemX, info: SetInfo): SetElement {
  const options = x.options;
  const timeout = options?.timeout === 'never' ? 0 : options?.timeout;
  const exprs = options?.statements ?? [];
  return {
    ...keyOf(x.key, info),
    ...(x.data !== undefined && dataOf(x.data, info)),
    ...(timeout !== undefined && { timeout }),
    ...(options?.expires !== undefined && { expires: options.expires }),
    ...(options?.comment !== undefined && { comment: options.comment }),
    ...(exprs.length > 0 && { exprs: exprs.map(statefulExpr) }),
  };
}

export const elementsOf = (x: SetX, info: SetInfo): SetElement[] =>
  x.elements.map((element) => elementOf(element, info));
