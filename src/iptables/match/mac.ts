// mac: the hardware address of the source (libxt_mac.c).

import type { MacInfo } from '../../program/index.ts';
import {
  mac as address,
  bangWord,
  extension,
  flagText,
  IP_FAMILIES,
  macText,
  unequal,
} from '../extension/index.ts';

export const mac = extension<MacInfo>({
  kind: 'match',
  name: 'mac',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'mac-source',
      parse: address,
      negatable: true,
      mandatory: true,
      about: 'address  of the source',
    },
  ],
  build: (given) => ({
    address: given.value<string>('mac-source')!,
    invert: given.negated('mac-source'),
  }),
  save: ({ address, invert }) => `${flagText('mac-source', invert)} ${macText(address)}`,
  list: ({ address, invert }) => `MAC ${bangWord(invert)}${macText(address)}`,
  translate: ({ address, invert }) => `ether saddr ${unequal(invert)}${macText(address)}`,
});
