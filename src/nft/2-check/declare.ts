// Declarations of sets and maps: the type of the key and of what it leads to.

import type { DataSpec, KeySpec, MapDeclaration, SetDeclaration } from '../ast/index.ts';
import { unknownDatatype } from '../diagnostics/index.ts';
import {
  concatType,
  DATATYPES,
  type Datatype,
  datatypeByName,
  stringType,
  verdictType,
} from '../types/index.ts';
import { allocate } from './allocate.ts';
import { refuse, refuseWith } from './refuse.ts';
import { keyOfType, type SetInfo } from './scope.ts';
import { type Typed, value, verdict } from './typed.ts';
import { queueNumber, typeofKey } from './typeof.ts';

type Declaration = SetDeclaration | MapDeclaration;

const what = (x: Declaration): string => x.kind;

function namedType(names: Extract<KeySpec, { kind: 'type' }>['names']): Datatype {
  const parts = names.map(({ name, span }) => {
    const type = datatypeByName(name);
    if (type !== undefined) return type;
    return refuseWith(
      unknownDatatype(
        span,
        name,
        DATATYPES.map((t) => t.name),
      ),
    );
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : concatType(parts);
}

/** The width of every field must be known: `integer` says nothing of it. */
function checkWidths(x: Declaration, type: Datatype): void {
  for (const part of type.parts ?? [type]) {
    if (part.size > 0 || part === verdictType) continue;
    refuse('unqualified_type', x.span, `unqualified type ${part.name} in ${what(x)} definition`, {
      hint: "try 'typeof expression' instead of 'type datatype'",
    });
  }
}

function keyOf(x: Declaration, spec: KeySpec): Typed {
  if (spec.kind === 'typeof') return typeofKey(allocate(spec.expr));
  const type = namedType(spec.names);
  checkWidths(x, type);
  return keyOfType(type);
}

const OBJECT_NAME_BITS = 256 * 8;
function dataOf(x: MapDeclaration, spec: DataSpec): Typed | undefined {
  switch (spec.kind) {
    case 'verdict':
      return verdict(spec.span, 'continue');
    case 'queue':
      return queueNumber(spec.span);
    case 'object':
      return value(spec.span, stringType, 'host', OBJECT_NAME_BITS, 0n);
    default:
      return keyOf(x, spec);
  }
}

/** What a declaration says, as rules and elements will see it. */
export function declareSet(x: Declaration): SetInfo {
  if (x.key === undefined) {
    return refuse('no_key', x.span, `${what(x)} definition does not specify key`);
  }
  const key = keyOf(x, x.key);
  const interval = x.flags.includes('interval');
  if (x.autoMerge && !interval) {
    refuse('bad_auto_merge', x.span, 'auto-merge only works with interval sets');
  }
  const isMap = x.kind === 'map';
  if (isMap && x.data === undefined) {
    refuse('no_data', x.span, 'map definition does not specify mapping data type');
  }
  const data = isMap && x.data !== undefined ? dataOf(x, x.data) : undefined;
  const spec = isMap ? x.data : undefined;
  const isConcat = key.kind === 'concat';
  return {
    name: x.name.name,
    anonymous: false,
    key,
    ...(data !== undefined && { data }),
    dataInterval: spec !== undefined && 'interval' in spec && spec.interval,
    ...(spec?.kind === 'object' && { objType: spec.object }),
    interval,
    concat: interval && isConcat,
    dynamic: x.flags.includes('dynamic'),
    timeout: x.flags.includes('timeout') || x.timeout !== undefined,
    autoMerge: x.autoMerge && !isConcat,
    statements: x.statements.map((statement) => statement.kind),
    ...(x.size !== undefined && { size: x.size }),
  };
}

/** A second declaration must not contradict the first. */
export function checkRedeclared(x: Declaration, known: SetInfo, now: SetInfo): void {
  if (now.interval && !known.interval) {
    refuse('redeclared', x.name.span, `existing ${what(x)} lacks interval flag`);
  }
  if (known.key.type.id !== now.key.type.id || known.data?.type.id !== now.data?.type.id) {
    refuse('redeclared', x.name.span, `${what(x)} already exists with different datatype`);
  }
  if ((known.data === undefined) !== (now.data === undefined)) {
    refuse('redeclared', x.name.span, `cannot merge ${what(x)} with existing one of another kind`);
  }
}
