// cpu: the processor that handles the packet (libxt_cpu.c).

import type { CpuInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  IP_FAMILIES,
  U32_MAX,
  uint,
  unequal,
} from '../extension/index.ts';

export const cpu = extension<CpuInfo>({
  kind: 'match',
  name: 'cpu',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'cpu',
      parse: uint(U32_MAX),
      negatable: true,
      mandatory: true,
      about: 'number  of the processor',
    },
  ],
  build: (given) => ({ cpu: given.value<number>('cpu') ?? 0, invert: given.negated('cpu') }),
  save: ({ cpu: number, invert }) => `${flagText('cpu', invert)} ${number}`,
  list: ({ cpu: number, invert }) => `cpu ${bangWord(invert)}${number}`,
  translate: ({ cpu: number, invert }) => `cpu ${unequal(invert)}${number}`,
});
