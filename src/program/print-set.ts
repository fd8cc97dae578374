// Sets and their elements as libnftnl prints them. Closed ranges become the kernel's half-open
// form here: a start element, and one that says where the interval ends.

import { NFT_SET_MAP, NFT_SET_OBJECT } from '../uapi/index.ts';
import type { Data, Hex } from './expr.ts';
import { type PrintOptions, printSetName, printVerdict, spacedWords } from './print-words.ts';
import type { SetElement, SetFlag, SetSpec, TypeName } from './program.ts';

/** enum nft_set_flags. */
const SET_FLAGS: Readonly<Record<SetFlag, number>> = {
  anonymous: 0x1,
  constant: 0x2,
  interval: 0x4,
  timeout: 0x10,
  dynamic: 0x20,
  concat: 0x80,
};

const NFT_SET_ELEM_INTERVAL_END = 1;
const NFT_SET_ELEM_CATCHALL = 2;

function setFlags(set: SetSpec): number {
  const plain = set.flags.reduce((sum, flag) => sum | SET_FLAGS[flag], 0);
  const map = set.dataType === undefined ? 0 : NFT_SET_MAP;
  return plain | map | (set.objType === undefined ? 0 : NFT_SET_OBJECT);
}

/**
 * Bytes of the types that fill less or more than one register of four; data of a map carry no
 * description of their fields as keys do (NFTA_SET_DESC_CONCAT), only their type.
 */
const TYPE_LEN: ReadonlyMap<TypeName, number> = new Map([
  ['ipv6_addr', 16],
  ['ether_addr', 6],
  ['inet_service', 2],
  ['inet_proto', 1],
  ['ether_type', 2],
  ['ifname', 16],
  ['ct_label', 16],
]);

function dataFieldLens(type: TypeName): readonly number[] {
  const fields = type.split(' . ');
  return fields.length > 1 ? fields.map((name) => TYPE_LEN.get(name) ?? 4) : [];
}

/** A concatenation field by field: each takes whole registers, but shows its own bytes only. */
function printFields(bytes: Hex, lens: readonly number[]): string {
  if (lens.length < 2) return spacedWords(bytes);
  let at = 0;
  const fields = lens.map((len) => {
    const field = bytes.slice(at, at + 2 * len);
    at += 8 * Math.ceil(len / 4);
    return spacedWords(field);
  });
  return fields.join(' . ');
}

/** NFTNL_UDATA_SET_ELEM_COMMENT is type 0, NFTNL_UDATA_SET_ELEM_FLAGS type 1. */
function userdata(element: SetElement, openEnd: boolean): number[] {
  const comment = element.comment ?? '';
  const codes = [...comment].map((c) => c.codePointAt(0)! & 0xff);
  const text = comment === '' ? [] : [0, codes.length + 1, ...codes, 0];
  return openEnd ? [...text, 1, 4, 1, 0, 0, 0] : text;
}

interface Extent {
  readonly flags: number;
  /** An interval up to the greatest value has no end element; nft marks it instead. */
  readonly openEnd: boolean;
}

function printElement(set: SetSpec, element: SetElement, extent: Extent): string {
  const lens = set.fieldLens ?? [];
  const key = printFields(element.key, lens);
  const concatRange = set.flags.includes('concat') && set.flags.includes('interval');
  const end = concatRange ? ` - ${printFields(element.keyEnd ?? element.key, lens)}` : '';
  const flags = extent.flags === 0 ? '' : ` flags ${extent.flags}`;
  const data = userdata(element, extent.openEnd);
  const sum = data.reduce((a, b) => a + b, 0).toString(16);
  const user = data.length === 0 ? '' : `  userdata len ${data.length} sum 0x${sum}`;
  return `element ${key}${end}${printMapped(set, element)}${flags}${user}`;
}

function printMapped(set: SetSpec, element: SetElement): string {
  if (element.objref !== undefined) return ` : ${element.objref}`;
  if (element.data === undefined) return '';
  return ` : ${printValue(set, element.data, element.dataEnd)}`;
}

function printValue(set: SetSpec, data: Data, end: Hex | undefined): string {
  if (data.kind === 'verdict') return printVerdict(data.verdict);
  const lens = dataFieldLens(set.dataType ?? '');
  const from = printFields(data.bytes, lens);
  // A range of data is one value of twice the length, for the two registers it is loaded into.
  return end === undefined ? from : `${from} . ${printFields(end, lens)}`;
}

const isMax = (bytes: Hex): boolean => /^f*$/.test(bytes);
const isZero = (bytes: Hex): boolean => /^0*$/.test(bytes);

/** `bytes` + 1, in as many digits. */
export const successor = (bytes: Hex): Hex =>
  (BigInt(`0x${bytes}`) + 1n).toString(16).padStart(bytes.length, '0');

const endMark = (key: Hex): string =>
  `element ${spacedWords(key)} flags ${NFT_SET_ELEM_INTERVAL_END}`;

/** nftables' set_to_intervals: sorted, and with the gaps said. */
function printIntervals(set: SetSpec, elements: readonly SetElement[]): string[] {
  const sorted = [...elements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const out: string[] = [];
  const first = sorted[0];
  if (first !== undefined && !isZero(first.key)) out.push(endMark('0'.repeat(first.key.length)));
  sorted.forEach((element, i) => {
    const last = element.keyEnd ?? element.key;
    const openEnd = isMax(last);
    out.push(printElement(set, element, { flags: 0, openEnd }));
    const next = openEnd ? undefined : successor(last);
    if (next !== undefined && sorted[i + 1]?.key !== next) out.push(endMark(next));
  });
  return out;
}

function printElements(set: SetSpec): string[] {
  const plain = set.elements.filter((element) => element.catchall !== true);
  const catchall = set.elements.filter((element) => element.catchall === true);
  const ranges = set.flags.includes('interval') && !set.flags.includes('concat');
  return [
    ...(ranges
      ? printIntervals(set, plain)
      : plain.map((element) => printElement(set, element, { flags: 0, openEnd: false }))),
    ...catchall.map((element) =>
      printElement({ ...set, flags: [] }, element, {
        flags: NFT_SET_ELEM_CATCHALL,
        openEnd: false,
      }),
    ),
  ];
}

/** The set's own line and, if it has elements, the line that names it again and their list. */
export function printSetSpec(table: string, set: SetSpec, options: PrintOptions = {}): string[] {
  const name = printSetName(set.name, options);
  const parts = [name, table, setFlags(set).toString(16)];
  if (set.timeout !== undefined) parts.push(`timeout ${set.timeout}ms`);
  if (set.gcInterval !== undefined) parts.push(`gc_interval ${set.gcInterval}ms`);
  if (set.policy === 'memory') parts.push('policy 1');
  if (set.size !== undefined) parts.push(`size ${set.size}`);
  const head = parts.join(' ');
  if (set.elements.length === 0) return [head];
  return [
    head,
    `${name} ${table} 0`,
    printElements(set)
      .map((text) => `\t${text}`)
      .join(''),
  ];
}
