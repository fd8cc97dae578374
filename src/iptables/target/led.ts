// LED: lights a lamp of the machine (libxt_LED.c).

import type { LedInfo } from '../../program/index.ts';
import {
  extension,
  IP_FAMILIES,
  numberIn,
  quote,
  savedText,
  text,
  words,
} from '../extension/index.ts';

/** What is left of xt_led_info.id behind `netfilter-`. */
const ID = 16;
const FOR_EVER = -1;

export const led = extension<LedInfo>({
  kind: 'target',
  name: 'LED',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'led-trigger-id',
      parse: text(ID, 'name'),
      mandatory: true,
      about: 'name of the trigger',
    },
    {
      name: 'led-delay',
      parse: ([word = '']) =>
        word.toLowerCase() === 'inf' ? FOR_EVER : numberIn(word, 0, 0xffffffff),
      about: 'milliseconds|inf  how long it stays lit',
    },
    { name: 'led-always-blink', about: 'goes out for a moment if it is lit' },
  ],
  build: (given) => ({
    id: given.value<string>('led-trigger-id') ?? '',
    delay: given.value<number>('led-delay') ?? 0,
    alwaysBlink: given.has('led-always-blink'),
  }),
  save: ({ id, delay, alwaysBlink }) =>
    words(
      `--led-trigger-id ${savedText(id)}`,
      delay !== 0 && `--led-delay ${delay === FOR_EVER ? 'inf' : delay}`,
      alwaysBlink && '--led-always-blink',
    ),
  list: ({ id, delay, alwaysBlink }) =>
    words(
      `led-trigger-id:${quote(id)}`,
      `led-delay:${delay === FOR_EVER ? 'inf' : `${delay}ms`}`,
      alwaysBlink && 'led-always-blink',
    ),
  translate: (_, { leave }) => leave('nft has no lamps'),
});
