// NFTA_SET_ELEM_*: one element of a set.

import { hex, unhex } from '../../bytes/index.ts';
import type { Data, Hex, SetElement } from '../../program/index.ts';
import * as u from '../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../attributes.ts';
import { type Names, readData, readExpr, readExprs, writeData, writeExpr } from './expr/index.ts';
import type { WireElement } from './intervals.ts';
import { padded } from './set-fields.ts';
import { ELEM_INTERVAL_OPEN, UDATA_ELEM, Userdata, UserdataWriter } from './userdata.ts';

const INTERVAL_END = 1;
const CATCHALL = 2;

const writeKey = (w: AttributeWriter, type: number, key: Hex): AttributeWriter =>
  w.nested(type, (d) => d.bytes(u.NFTA_DATA_VALUE, unhex(key)));

/** A range of data is one value: both ends, each filling whole registers. */
function joinedData(data: Data, end: Hex | undefined): Data {
  if (data.kind !== 'value' || end === undefined) return data;
  const pad = (bytes: Hex): Hex => bytes.padEnd(2 * padded(bytes.length / 2), '0');
  return { kind: 'value', bytes: pad(data.bytes) + pad(end) };
}

export function writeElement(w: AttributeWriter, element: WireElement, names: Names): void {
  if (element.catchall !== true) writeKey(w, u.NFTA_SET_ELEM_KEY, element.key);
  if (element.keyEnd !== undefined) writeKey(w, u.NFTA_SET_ELEM_KEY_END, element.keyEnd);
  const flags = (element.end ? INTERVAL_END : 0) | (element.catchall ? CATCHALL : 0);
  if (flags !== 0) w.u32be(u.NFTA_SET_ELEM_FLAGS, flags);
  if (element.data) {
    writeData(w, u.NFTA_SET_ELEM_DATA, joinedData(element.data, element.dataEnd), names);
  }
  if (element.objref !== undefined) w.text(u.NFTA_SET_ELEM_OBJREF, element.objref);
  if (element.timeout !== undefined) w.u64be(u.NFTA_SET_ELEM_TIMEOUT, element.timeout);
  if (element.expires !== undefined) w.u64be(u.NFTA_SET_ELEM_EXPIRATION, element.expires);
  const userdata = new UserdataWriter(w.littleEndian)
    .text(UDATA_ELEM.comment, element.comment)
    .u32host(UDATA_ELEM.flags, element.openEnd ? ELEM_INTERVAL_OPEN : undefined)
    .raw(element.userdata)
    .finish();
  if (userdata.length > 0) w.bytes(u.NFTA_SET_ELEM_USERDATA, userdata);
  writeState(w, element, names);
  for (const [type, bytes] of Object.entries(element.attributes ?? {})) {
    w.bytes(Number(type), unhex(bytes));
  }
}

function writeState(w: AttributeWriter, { exprs = [] }: SetElement, names: Names): void {
  const [first] = exprs;
  if (first === undefined) return;
  if (exprs.length === 1) w.nested(u.NFTA_SET_ELEM_EXPR, (x) => writeExpr(x, first, names));
  else {
    w.list(u.NFTA_SET_ELEM_EXPRESSIONS, u.NFTA_LIST_ELEM, exprs, (item, x) =>
      writeExpr(item, x, names),
    );
  }
}

const readKey = (a: Attributes, type: number): Hex => hex(a.nested(type).bytes(u.NFTA_DATA_VALUE));

function readState(a: Attributes): Pick<SetElement, 'exprs'> {
  if (a.has(u.NFTA_SET_ELEM_EXPR)) return { exprs: [readExpr(a.nested(u.NFTA_SET_ELEM_EXPR))] };
  if (!a.has(u.NFTA_SET_ELEM_EXPRESSIONS)) return {};
  return { exprs: readExprs(a, u.NFTA_SET_ELEM_EXPRESSIONS) };
}

function readUnknown(a: Attributes): Pick<SetElement, 'attributes'> {
  const unknown = Object.entries(a.kept().unknown ?? {}).filter(
    ([type]) => Number(type) !== u.NFTA_SET_ELEM_PAD,
  );
  if (unknown.length === 0) return {};
  return { attributes: Object.fromEntries(unknown.map(([type, bytes]) => [type, hex(bytes)])) };
}

export function readElement(a: Attributes): WireElement {
  const flags = a.u32be(u.NFTA_SET_ELEM_FLAGS);
  const userdata = new Userdata(a.bytes(u.NFTA_SET_ELEM_USERDATA), a.littleEndian);
  const comment = userdata.text(UDATA_ELEM.comment);
  return {
    key: readKey(a, u.NFTA_SET_ELEM_KEY),
    ...(a.has(u.NFTA_SET_ELEM_KEY_END) && { keyEnd: readKey(a, u.NFTA_SET_ELEM_KEY_END) }),
    ...((flags & CATCHALL) !== 0 && { catchall: true }),
    ...((flags & INTERVAL_END) !== 0 && { end: true }),
    ...(a.has(u.NFTA_SET_ELEM_DATA) && { data: readData(a, u.NFTA_SET_ELEM_DATA) }),
    ...(a.has(u.NFTA_SET_ELEM_OBJREF) && { objref: a.text(u.NFTA_SET_ELEM_OBJREF) }),
    ...(a.has(u.NFTA_SET_ELEM_TIMEOUT) && { timeout: a.u64be(u.NFTA_SET_ELEM_TIMEOUT) }),
    ...(a.has(u.NFTA_SET_ELEM_EXPIRATION) && { expires: a.u64be(u.NFTA_SET_ELEM_EXPIRATION) }),
    ...(comment !== undefined && { comment }),
    ...userdata.rest(Object.values(UDATA_ELEM)),
    ...(userdata.u32host(UDATA_ELEM.flags) === ELEM_INTERVAL_OPEN && { openEnd: true }),
    ...readState(a),
    ...readUnknown(a),
  };
}

/** Takes a range of data apart again: `length` bytes of each end. */
export function splitData(element: WireElement, lengths: readonly number[]): WireElement {
  if (element.data?.kind !== 'value') return element;
  const { bytes } = element.data;
  const half = bytes.length / 2;
  const shown = lengths.length === 1 ? 2 * (lengths[0] ?? 0) : half;
  return {
    ...element,
    data: { kind: 'value', bytes: bytes.slice(0, Math.min(shown, half)) },
    dataEnd: bytes.slice(half, half + Math.min(shown, half)),
  };
}
