// tos: the type of service octet (libxt_tos.c, tos_values.c).

import type { TosInfo } from '../../program/index.ts';
import {
  bang,
  extension,
  flagText,
  hexText,
  IP_FAMILIES,
  type TosValue,
  tosName,
  tosValue,
} from '../extension/index.ts';

export const tos = extension<TosInfo>({
  kind: 'match',
  name: 'tos',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    {
      name: 'tos',
      parse: ([word = '']) => tosValue(word, 0xff),
      negatable: true,
      mandatory: true,
      about: 'value[/mask]  or a name',
    },
  ],
  build: (given) => ({
    ...given.value<TosValue>('tos')!,
    invert: given.negated('tos'),
  }),
  save: ({ value, mask, invert }) =>
    `${flagText('tos', invert)} ${hexText(value, 2)}/${hexText(mask, 2)}`,
  list({ value, mask, invert }, { numeric }) {
    const name = numeric ? undefined : tosName({ value, mask });
    const text = name === undefined ? `${hexText(value, 2)}/${hexText(mask, 2)}` : ` ${name}`;
    return `tos match${bang(invert)}${text}`;
  },
  translate({ value, mask, invert }, { family, exact }) {
    if (!exact) return undefined;
    // The field of IPv6 is half of each of two bytes.
    const [key, shift, all] = family === 'ip6' ? ['@nh,0,16', 4, 0xffff] : ['@nh,8,8', 0, 0xff];
    const of = (bits: number): string => hexText(bits << shift, 2);
    const is = mask << shift === all ? key : `${key} & ${of(mask)}`;
    return `${is} ${invert ? '!=' : '=='} ${of(value)}`;
  },
});
