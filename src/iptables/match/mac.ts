// mac: the hardware address of the source (libxt_mac.c).

import { hex, parseMac } from '../../bytes/index.ts';
import type { MacInfo } from '../../program/index.ts';
import {
  bangWord,
  extension,
  flagText,
  IP_FAMILIES,
  macText,
  unequal,
  wrong,
} from '../extension/index.ts';

const macIn = ([word = '']: readonly string[]): string => {
  // Octets of one digit and either case, but no other separator.
  const padded = word.split(':').map((octet) => octet.padStart(2, '0'));
  const bytes = parseMac(padded.join(':'));
  return bytes === undefined ? wrong(`bad hardware address "${word}"`) : hex(bytes);
};

export const mac = extension<MacInfo>({
  kind: 'match',
  name: 'mac',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'mac-source',
      parse: macIn,
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
