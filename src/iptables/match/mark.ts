// mark: the mark of the packet (libxt_mark.c); natively `meta mark` as nft.c's add_nft_mark() has it.

import type { Expr, MarkInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  IP_FAMILIES,
  type MarkMask,
  markMask,
  maskedNft,
  maskedText,
  type NativeForm,
  U32_MAX,
} from '../extension/index.ts';

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');

const native: NativeForm<MarkInfo> = {
  lower: ({ mark, mask, invert }) => [
    { kind: 'meta', key: 'mark', dreg: 1 },
    ...(mask === U32_MAX
      ? []
      : [
          {
            kind: 'bitwise',
            sreg: 1,
            dreg: 1,
            len: 4,
            op: 'mask-xor',
            mask: hex32(mask),
            xor: hex32(0),
          } as const,
        ]),
    { kind: 'cmp', sreg: 1, op: invert ? 'neq' : 'eq', data: hex32(mark) },
  ],
  raise(exprs, at) {
    const load = exprs[at];
    if (load?.kind !== 'meta' || load.key !== 'mark' || load.dreg !== 1) return undefined;
    const bits = exprs[at + 1];
    const masked =
      bits?.kind === 'bitwise' && bits.op === 'mask-xor' && bits.sreg === 1 && bits.dreg === 1;
    if (masked && (bits.len !== 4 || bits.xor !== hex32(0))) return undefined;
    const end = at + (masked ? 2 : 1);
    const cmp: Expr | undefined = exprs[end];
    if (cmp?.kind !== 'cmp' || cmp.sreg !== 1 || (cmp.op !== 'eq' && cmp.op !== 'neq'))
      return undefined;
    const mask = masked ? Number.parseInt(bits.mask, 16) : U32_MAX;
    const info = { mark: Number.parseInt(cmp.data, 16), mask, invert: cmp.op === 'neq' };
    return { info, end: end + 1 };
  },
};

export const mark = extension<MarkInfo>({
  kind: 'match',
  name: 'mark',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'mark',
      parse: markMask,
      negatable: true,
      mandatory: true,
      about: 'value[/mask]  mark of the packet',
    },
  ],
  build: (given) => ({ ...given.value<MarkMask>('mark')!, invert: given.negated('mark') }),
  save: ({ mark: value, mask, invert }) => `${flagText('mark', invert)} ${maskedText(value, mask)}`,
  list: ({ mark: value, mask, invert }) =>
    `mark match ${bangWord(invert)}${maskedText(value, mask)}`,
  translate: ({ mark: value, mask, invert }) => `mark ${maskedNft(value, mask, invert)}`,
  native,
});
