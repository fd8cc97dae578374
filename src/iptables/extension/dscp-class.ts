// Names of code points (dscp_helper.c): RFC 2474 class selectors, RFC 2597 assured forwarding.

import { wrong } from './context.ts';

const CLASSES = new Map<string, number>([
  ['be', 0],
  ['ef', 0x2e],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`cs${n}`, n << 3] as const),
  ...[1, 2, 3, 4].flatMap((n) =>
    [1, 2, 3].map((d) => [`af${n}${d}`, (n << 3) | (d << 1)] as const),
  ),
]);

/** @throws XtError unless it is a class, in any case of letters */
export const dscpClass = (name: string): number =>
  CLASSES.get(name.toLowerCase()) ?? wrong(`there is no DSCP class "${name}"`);
