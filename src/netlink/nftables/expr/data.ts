// NFTA_DATA_*: a value or a verdict. Values are the bytes of the host; byteorder.ts has turned them
// before they come here.

import { hex, unhex } from '../../../bytes/index.ts';
import type { Data, Hex, VerdictData } from '../../../program/index.ts';
import * as u from '../../../uapi/index.ts';
import type { Attributes, AttributeWriter } from '../../attributes.ts';
import type { Names } from './codec.ts';

/** enum nft_verdicts, and the verdicts of netfilter.h that a rule may give. */
const CODES: Readonly<Record<VerdictData['code'], number>> = {
  drop: 0,
  accept: 1,
  queue: 3,
  continue: -1,
  break: -2,
  jump: -3,
  goto: -4,
  return: -5,
};
const NF_VERDICT_MASK = 0xff;
const NF_VERDICT_FLAGS = 0xff00;

function codeOf(verdict: VerdictData): number {
  if (verdict.code !== 'queue') return CODES[verdict.code];
  return CODES.queue | (verdict.flags & NF_VERDICT_FLAGS) | (verdict.num << 16);
}

export function writeVerdict(w: AttributeWriter, verdict: VerdictData, names: Names): void {
  w.nested(u.NFTA_DATA_VERDICT, (v) => {
    v.u32be(u.NFTA_VERDICT_CODE, codeOf(verdict) >>> 0);
    if (verdict.code !== 'jump' && verdict.code !== 'goto') return;
    const id = names.chainId(verdict.chain);
    if (id === undefined) v.text(u.NFTA_VERDICT_CHAIN, verdict.chain);
    else v.u32be(u.NFTA_VERDICT_CHAIN_ID, id);
  });
}

/** A chain of the same batch that has no name yet is called after its id. */
export const anonymousChain = (id: number): string => `__chain${id}`;

function readVerdict(a: Attributes): VerdictData {
  const code = a.i32be(u.NFTA_VERDICT_CODE);
  const word = Object.entries(CODES).find(([, n]) => n === code)?.[0] as VerdictData['code'];
  if (word === 'jump' || word === 'goto') {
    const named = a.has(u.NFTA_VERDICT_CHAIN);
    const chain = named
      ? a.text(u.NFTA_VERDICT_CHAIN)
      : anonymousChain(a.u32be(u.NFTA_VERDICT_CHAIN_ID));
    return { code: word, chain };
  }
  if ((code & NF_VERDICT_MASK) === CODES.queue) {
    return { code: 'queue', num: code >>> 16, flags: code & NF_VERDICT_FLAGS };
  }
  if (word === undefined || word === 'queue') a.fail(`unknown verdict ${code}`);
  return { code: word === undefined || word === 'queue' ? 'continue' : word };
}

export const writeValue = (w: AttributeWriter, type: number, bytes: Hex): AttributeWriter =>
  w.nested(type, (d) => d.bytes(u.NFTA_DATA_VALUE, unhex(bytes)));

export function writeData(w: AttributeWriter, type: number, data: Data, names: Names): void {
  if (data.kind === 'value') writeValue(w, type, data.bytes);
  else w.nested(type, (d) => writeVerdict(d, data.verdict, names));
}

export const readValue = (a: Attributes, type: number): Hex =>
  hex(a.nested(type).bytes(u.NFTA_DATA_VALUE));

export function readData(a: Attributes, type: number): Data {
  const d = a.nested(type);
  if (!d.has(u.NFTA_DATA_VERDICT)) return { kind: 'value', bytes: hex(d.bytes(u.NFTA_DATA_VALUE)) };
  return { kind: 'verdict', verdict: readVerdict(d.nested(u.NFTA_DATA_VERDICT)) };
}
