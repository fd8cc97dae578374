// CONNSECMARK: security marks from packet to connection and back (libxt_CONNSECMARK.c).

import type { ConnsecmarkInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, wrong } from '../extension/index.ts';

export const connsecmark = extension<ConnsecmarkInfo>({
  kind: 'target',
  name: 'CONNSECMARK',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'save', excludes: ['restore'], about: 'packet to connection, where it has none' },
    { name: 'restore', excludes: ['save'], about: 'connection to packet, where it has none' },
  ],
  build: (given) => {
    if (given.has('save')) return { mode: 'save' };
    return given.has('restore')
      ? { mode: 'restore' }
      : wrong('CONNSECMARK needs --save or --restore');
  },
  save: ({ mode }) => `--${mode}`,
  list: ({ mode }) => `CONNSECMARK ${mode}`,
  translate: (_, { leave }) => leave('labels of SELinux are objects of a table in nft'),
});
