// 802_3: frames with a length in the place of the type (libebt_802_3.c).

import type { Ebt8023Info } from '../../program/index.ts';
import {
  BRIDGE,
  defined,
  extension,
  hexText,
  testOf,
  testText,
  words,
  wrong,
} from '../extension/index.ts';

const hexIn =
  (max: number, what: string) =>
  ([word = '']: readonly string[]): number => {
    const value = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : Number.NaN;
    return value <= max ? value : wrong(`bad ${what} "${word}"`);
  };

export const ebt8023 = extension<Ebt8023Info>({
  kind: 'match',
  name: '802_3',
  families: BRIDGE,
  rev: 0,
  options: [
    {
      name: '802_3-sap',
      parse: hexIn(0xff, 'service access point'),
      negatable: true,
      about: 'number  service access point, in hexadecimal',
    },
    {
      name: '802_3-type',
      parse: hexIn(0xffff, 'type'),
      negatable: true,
      about: 'number  type behind it, in hexadecimal',
    },
  ],
  build: (given, cx) => {
    if (cx.frameLength !== true) return wrong('it needs a rule about -p LENGTH');
    return defined({
      sap: testOf<number>(given, '802_3-sap'),
      type: testOf<number>(given, '802_3-type'),
    });
  },
  save: ({ sap, type }) =>
    words(
      testText('802_3-sap', sap, (value) => hexText(value, 2)),
      testText('802_3-type', type, (value) => hexText(value, 4)),
    ),
  translate: (_, { leave }) => leave('nft has no words for the header of LLC'),
});
