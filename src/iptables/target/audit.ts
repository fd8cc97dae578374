// AUDIT: a record of the audit subsystem (libxt_AUDIT.c).

import type { AuditInfo } from '../../program/index.ts';
import { extension, IP_FAMILIES, wrong } from '../extension/index.ts';

const TYPES: readonly string[] = ['accept', 'drop', 'reject'];

export const audit = extension<AuditInfo>({
  kind: 'target',
  name: 'AUDIT',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    {
      name: 'type',
      mandatory: true,
      parse: ([word = '']) => {
        const type = word.toLowerCase();
        return TYPES.includes(type) ? type : wrong(`bad action type "${word}"`);
      },
      about: 'accept|drop|reject  what the record says became of the packet',
    },
  ],
  build: (given) => ({ type: given.value<AuditInfo['type']>('type') ?? 'accept' }),
  save: ({ type }) => `--type ${type}`,
  list: ({ type }) => `AUDIT ${type}`,
  translate: () => 'log level audit',
});
