// connlabel: a label of the connection (libxt_connlabel.c). Labels have numbers; names come from a
// file of the system.

import type { ConnlabelInfo } from '../../program/index.ts';
import { bangWord, extension, flagText, IP_FAMILIES, uint } from '../extension/index.ts';

export const connlabel = extension<ConnlabelInfo>({
  kind: 'match',
  name: 'connlabel',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'label',
      parse: uint(127),
      negatable: true,
      mandatory: true,
      about: 'label  number of a label',
    },
    { name: 'set', about: 'set the label first' },
  ],
  build: (given) => ({
    bit: given.value<number>('label') ?? 0,
    invert: given.negated('label'),
    set: given.has('set'),
  }),
  save: ({ bit, invert, set }) => `${flagText('label', invert)} "${bit}"${set ? ' --set' : ''}`,
  list: ({ bit, invert, set }) => `connlabel ${bangWord(invert)}${bit}${set ? ' set' : ''}`,
  translate({ bit, invert, set }, { exact }) {
    // What has no connection breaks nft's rule, and matches here where it is negated.
    if (exact && invert) return { unless: [`${set ? `ct label set ${bit} ` : ''}ct label ${bit}`] };
    const first = set ? `ct label set ${bit} ` : '';
    return `${first}ct label ${invert ? `and ${bit} != ` : ''}${bit}`;
  },
});
