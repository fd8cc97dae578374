// NFTA_SET_*: the declaration of a set or map.

import type { Expr, SetFlag, SetSpec } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { typeFields, typeLength, typeName, typeNumber } from './datatypes.ts';
import { type Names, OBJECT_KINDS, readExpr, readExprs, writeExpr } from './expr/index.ts';
import type { SetFields } from './flow.ts';
import { dataLengths, isHostType, keyLengths, padded } from './set-fields.ts';
import { readTypeof } from './typeof-read.ts';
import { writeTypeof, writeVerdict } from './typeof-write.ts';
import { numberOf } from './unencodable.ts';
import { BYTEORDER, UDATA_SET, Userdata, UserdataWriter } from './userdata.ts';

export type Declared = Omit<SetSpec, 'elements'>;

/** enum nft_set_flags; `map` and `object` are told by what the set has. */
const FLAGS: Readonly<Record<SetFlag, number>> = {
  anonymous: u.NFT_SET_ANONYMOUS,
  constant: u.NFT_SET_CONSTANT,
  interval: u.NFT_SET_INTERVAL,
  timeout: u.NFT_SET_TIMEOUT,
  dynamic: u.NFT_SET_EVAL,
  concat: u.NFT_SET_CONCAT,
};
/** NFTA_SET_DATA_TYPE of a verdict map; other types are the business of user space. */
const NFT_DATA_VERDICT = 0xffffff00;
const POLICIES = ['performance', 'memory'] as const;

function flagBits(set: Declared): number {
  const plain = set.flags.reduce((bits, flag) => bits | FLAGS[flag], 0);
  const map = set.dataType === undefined ? 0 : u.NFT_SET_MAP;
  const object = set.objType === undefined ? 0 : u.NFT_SET_OBJECT;
  return plain | map | object | (set.exprs.length > 0 ? u.NFT_SET_EXPR : 0);
}

const flagWords = (bits: number): SetFlag[] =>
  (Object.keys(FLAGS) as SetFlag[]).filter((flag) => (bits & FLAGS[flag]) !== 0);

/** A range of data takes the registers of both its ends. */
const dataBytes = (set: Declared): number => {
  const lengths = dataLengths(set);
  const length =
    lengths.length > 1 ? lengths.reduce((sum, n) => sum + padded(n), 0) : (lengths[0] ?? 0);
  return set.dataInterval === true ? 2 * padded(length) : length;
};

function writeData(w: AttributeWriter, set: Declared): void {
  if (set.objType !== undefined) {
    w.u32be(u.NFTA_SET_OBJ_TYPE, numberOf(OBJECT_KINDS, set.objType, 'object'));
  }
  if (set.dataType === undefined) return;
  if (set.dataType === 'verdict') {
    w.u32be(u.NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT).u32be(u.NFTA_SET_DATA_LEN, 0);
    return;
  }
  w.u32be(u.NFTA_SET_DATA_TYPE, typeNumber(set.dataType, dataLengths(set)));
  w.u32be(u.NFTA_SET_DATA_LEN, dataBytes(set));
}

function writeDesc(w: AttributeWriter, set: Declared): void {
  const { size } = set;
  const fields = set.flags.includes('concat') ? (set.fieldLens ?? []) : [];
  if (size === undefined && fields.length === 0) return;
  w.nested(u.NFTA_SET_DESC, (desc) => {
    if (size !== undefined) desc.u32be(u.NFTA_SET_DESC_SIZE, size);
    if (fields.length === 0) return;
    desc.list(u.NFTA_SET_DESC_CONCAT, u.NFTA_LIST_ELEM, fields, (item, length) =>
      item.u32be(u.NFTA_SET_FIELD_LEN, length),
    );
  });
}

/** What a type does not say, and what `nft list` needs to show a set as it was written. */
function userdataOf(set: Declared, fields: SetFields, littleEndian: boolean): Uint8Array {
  const isMap = set.dataType !== undefined && set.dataType !== 'verdict';
  const w = new UserdataWriter(littleEndian);
  const orderOf = (host: boolean): number => (host ? BYTEORDER.host : BYTEORDER.big);
  const single = typeFields(set.keyType).length === 1;
  w.u32host(
    UDATA_SET.keyByteorder,
    single ? orderOf(isHostType(set.keyType, fields.key)) : undefined,
  )
    .u32host(
      UDATA_SET.dataByteorder,
      isMap ? orderOf(isHostType(set.dataType, fields.data)) : undefined,
    )
    .u32host(UDATA_SET.mergeElements, set.autoMerge === true ? 1 : undefined);
  writeTypeof(w, UDATA_SET.keyTypeof, set.keyTypeof);
  if (set.keyTypeof !== undefined && set.dataType === 'verdict') {
    writeVerdict(w, UDATA_SET.dataTypeof);
  } else writeTypeof(w, UDATA_SET.dataTypeof, set.dataTypeof);
  return w
    .u32host(UDATA_SET.dataInterval, set.dataInterval === true ? 1 : undefined)
    .text(UDATA_SET.comment, set.comment)
    .raw(set.userdata)
    .finish();
}

export interface SetContext {
  readonly names: Names;
  /** Its number in the batch. */
  readonly id: number;
  /** What the rules of the batch have told of its fields. */
  readonly fields: SetFields;
}

export function writeSet(
  w: AttributeWriter,
  set: Declared,
  { names, id, fields }: SetContext,
): void {
  w.text(u.NFTA_SET_NAME, names.setName(set.name)).u32be(u.NFTA_SET_FLAGS, flagBits(set));
  w.u32be(u.NFTA_SET_KEY_TYPE, typeNumber(set.keyType, keyLengths(set)));
  w.u32be(u.NFTA_SET_KEY_LEN, set.keyLen);
  writeData(w, set);
  w.u32be(u.NFTA_SET_ID, id);
  if (set.policy !== undefined) {
    w.u32be(u.NFTA_SET_POLICY, numberOf(POLICIES, set.policy, 'policy'));
  }
  writeDesc(w, set);
  if (set.timeout !== undefined) w.u64be(u.NFTA_SET_TIMEOUT, set.timeout);
  if (set.gcInterval !== undefined) w.u32be(u.NFTA_SET_GC_INTERVAL, set.gcInterval);
  const userdata = userdataOf(set, fields, w.littleEndian);
  if (userdata.length > 0) w.bytes(u.NFTA_SET_USERDATA, userdata);
  writeState(w, set.exprs, names);
}

function writeState(w: AttributeWriter, exprs: readonly Expr[], names: Names): void {
  const [first] = exprs;
  if (first === undefined) return;
  if (exprs.length === 1) w.nested(u.NFTA_SET_EXPR, (x) => writeExpr(x, first, names));
  else {
    w.list(u.NFTA_SET_EXPRESSIONS, u.NFTA_LIST_ELEM, exprs, (item, x) => writeExpr(item, x, names));
  }
}

function readData(a: Attributes, interval: boolean): Partial<Declared> {
  const object = a.has(u.NFTA_SET_OBJ_TYPE) && (a.u32be(u.NFTA_SET_FLAGS) & u.NFT_SET_OBJECT) !== 0;
  if (object) return { objType: a.word(u.NFTA_SET_OBJ_TYPE, OBJECT_KINDS, 'object type') };
  if (!a.has(u.NFTA_SET_DATA_TYPE)) return {};
  const number = a.u32be(u.NFTA_SET_DATA_TYPE);
  if (isVerdict(a)) return { dataType: 'verdict' };
  const dataType = typeName(number, 0);
  const length = a.u32be(u.NFTA_SET_DATA_LEN);
  const oneField = typeFields(dataType).length === 1;
  const single = Math.min(length / 2, oneField ? typeLength(dataType) : length);
  return {
    dataType,
    dataLen: interval ? single : length,
    ...(interval && { dataInterval: true }),
  };
}

function readDesc(a: Attributes): Pick<Declared, 'size' | 'fieldLens'> {
  const desc = a.nested(u.NFTA_SET_DESC);
  const fields = desc.list(u.NFTA_SET_DESC_CONCAT, u.NFTA_LIST_ELEM);
  return {
    ...(desc.has(u.NFTA_SET_DESC_SIZE) && { size: desc.u32be(u.NFTA_SET_DESC_SIZE) }),
    ...(fields.length > 0 && { fieldLens: fields.map((f) => f.u32be(u.NFTA_SET_FIELD_LEN)) }),
  };
}

function readStateful(a: Attributes): readonly Expr[] {
  if (a.has(u.NFTA_SET_EXPR)) return [readExpr(a.nested(u.NFTA_SET_EXPR))];
  return a.has(u.NFTA_SET_EXPRESSIONS) ? readExprs(a, u.NFTA_SET_EXPRESSIONS) : [];
}

/** The kernel describes the fields of ranges only; of other keys the types tell, if all do. */
function fieldsOfType(keyType: string, keyLen: number): Pick<Declared, 'fieldLens'> {
  const names = typeFields(keyType);
  const fieldLens = names.map(typeLength);
  const sum = fieldLens.reduce((all, length) => all + padded(length), 0);
  return names.length > 1 && sum === keyLen ? { fieldLens } : {};
}

const isVerdict = (a: Attributes): boolean => a.u32be(u.NFTA_SET_DATA_TYPE) === NFT_DATA_VERDICT;

/** Entries that come back from what was read; an expression that has no words here stays bytes. */
const understood = (key: string | undefined, data: string | undefined): readonly number[] =>
  Object.values(UDATA_SET).filter(
    (type) =>
      type !== UDATA_SET.expr &&
      (type !== UDATA_SET.keyTypeof || key !== undefined) &&
      (type !== UDATA_SET.dataTypeof || data !== undefined),
  );

/** A declaration and the key's order, where the userdata says it. */
export function readSet(a: Attributes, name: string): { set: Declared; hostKey?: boolean } {
  const userdata = new Userdata(a.bytes(u.NFTA_SET_USERDATA), a.littleEndian);
  const order = userdata.u32host(UDATA_SET.keyByteorder);
  const desc = readDesc(a);
  const comment = userdata.text(UDATA_SET.comment);
  const keyTypeof = readTypeof(userdata, UDATA_SET.keyTypeof);
  const dataTypeof = readTypeof(userdata, UDATA_SET.dataTypeof);
  const keyLen = a.u32be(u.NFTA_SET_KEY_LEN);
  const keyType = typeName(a.u32be(u.NFTA_SET_KEY_TYPE), desc.fieldLens?.length ?? 0);
  const set: Declared = {
    name,
    ...(a.has(u.NFTA_SET_HANDLE) && { handle: a.u64be(u.NFTA_SET_HANDLE) }),
    flags: flagWords(a.u32be(u.NFTA_SET_FLAGS)),
    keyType,
    keyLen,
    ...fieldsOfType(keyType, keyLen),
    ...desc,
    ...(keyTypeof !== undefined && { keyTypeof }),
    ...readData(a, userdata.u32host(UDATA_SET.dataInterval) === 1),
    ...(dataTypeof !== undefined && { dataTypeof }),
    ...(a.has(u.NFTA_SET_TIMEOUT) && { timeout: a.u64be(u.NFTA_SET_TIMEOUT) }),
    ...(a.has(u.NFTA_SET_GC_INTERVAL) && { gcInterval: a.u32be(u.NFTA_SET_GC_INTERVAL) }),
    ...(a.has(u.NFTA_SET_POLICY) && { policy: a.word(u.NFTA_SET_POLICY, POLICIES, 'policy') }),
    ...(userdata.u32host(UDATA_SET.mergeElements) === 1 && { autoMerge: true }),
    ...(comment !== undefined && { comment }),
    ...userdata.rest(understood(keyTypeof, dataTypeof ?? (isVerdict(a) ? 'verdict' : undefined))),
    exprs: readStateful(a),
  };
  return { set, ...(order !== undefined && { hostKey: order === BYTEORDER.host }) };
}
