// Targets that Linux had once: a rule with one is refused with what took its place.

import {
  type Extension,
  extension,
  IP_FAMILIES,
  wrong,
  type XtFamily,
} from '../extension/index.ts';

const gone = (name: string, families: readonly XtFamily[], removed: string): Extension =>
  extension<Record<never, never>>({
    kind: 'target',
    name,
    families,
    removed,
    rev: 0,
    options: [],
    build: () => wrong(removed),
    save: () => '',
  });

export const REMOVED: readonly Extension[] = [
  gone(
    'MIRROR',
    ['ip'],
    'MIRROR was removed in Linux 2.5.70, it invited loops; REJECT answers a sender',
  ),
  gone('SAME', ['ip'], 'SAME was removed in Linux 2.6.25; SNAT and DNAT with --persistent do it'),
  gone(
    'BALANCE',
    ['ip'],
    'BALANCE was removed in Linux 2.6.15; DNAT to a range of addresses does it',
  ),
  gone('FTOS', ['ip'], 'FTOS was never part of Linux; TOS and DSCP do it'),
  gone(
    'ROUTE',
    IP_FAMILIES,
    'ROUTE was never part of Linux; TEE copies, and a mark with ip rule routes',
  ),
];
