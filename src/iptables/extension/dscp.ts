// Classes of differentiated services by name (dscp_helper.c; RFC 2474, 2597, 3246).

import { wrong } from './context.ts';
import type { ValueParser } from './extension.ts';

const CLASSES = new Map([
  ['BE', 0],
  ['EF', 0x2e],
  ...Array.from({ length: 8 }, (_, i): [string, number] => [`CS${i}`, i << 3]),
  ...[1, 2, 3, 4].flatMap((c) =>
    [1, 2, 3].map((drop): [string, number] => [`AF${c}${drop}`, (c << 3) | (drop << 1)]),
  ),
]);

export const dscpClass: ValueParser = ([word = '']) =>
  CLASSES.get(word.toUpperCase()) ?? wrong(`no such class of service "${word}"`);
