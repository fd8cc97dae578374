// vlan: the tag in the frame (libebt_vlan.c).

import type { EbtVlanInfo } from '../../program/index.ts';
import {
  BRIDGE,
  defined,
  ethertypeNumber,
  extension,
  hexText,
  testOf,
  testText,
  uint,
  unequal,
  words,
  wrong,
} from '../extension/index.ts';

const ID_MAX = 4094;
const PRIO_MAX = 7;
/** ETH_ZLEN: what is below is a length. */
const TYPE_MIN = 60;

function encapOf(word: string): number {
  const value = /^(0x)?[0-9a-f]+$/i.test(word) ? Number.parseInt(word, 16) : ethertypeNumber(word);
  if (value === undefined) return wrong(`unknown type "${word}"`);
  return value < TYPE_MIN || value > 0xffff ? wrong(`type ${word} is not from 3c to ffff`) : value;
}

const encapText = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');

export const ebtVlan = extension<EbtVlanInfo>({
  kind: 'match',
  name: 'vlan',
  families: BRIDGE,
  rev: 0,
  options: [
    { name: 'vlan-id', parse: uint(ID_MAX), negatable: true, about: 'number  0 to 4094' },
    { name: 'vlan-prio', parse: uint(PRIO_MAX), negatable: true, about: 'number  0 to 7' },
    {
      name: 'vlan-encap',
      parse: ([word = '']) => encapOf(word),
      negatable: true,
      about: 'type  behind the tag, in hexadecimal, or its name',
    },
  ],
  build: (given) => {
    const id = testOf<number>(given, 'vlan-id');
    // The kernel forgets the priority of a tag with a number: it has its meaning without one.
    const prio =
      id !== undefined && id.value !== 0 ? undefined : testOf<number>(given, 'vlan-prio');
    return defined({ id, prio, encap: testOf<number>(given, 'vlan-encap') });
  },
  save: ({ id, prio, encap }) =>
    words(
      testText('vlan-id', id, (value) => `${value}`),
      testText('vlan-prio', prio, (value) => `${value}`),
      testText('vlan-encap', encap, encapText),
    ),
  translate: ({ id, prio, encap }) =>
    words(
      id && `vlan id ${unequal(id.invert)}${id.value}`,
      prio && `vlan pcp ${unequal(prio.invert)}${prio.value}`,
      encap && `vlan type ${unequal(encap.invert)}${hexText(encap.value, 4)}`,
    ),
});
