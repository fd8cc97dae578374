// ULOG: the record of IPv4 packets that NFLOG replaced in Linux 3.17 (libipt_ULOG.c).

import type { UlogInfo } from '../../program/index.ts';
import { cutLine, extension, savedText, uint, words } from '../extension/index.ts';

const GROUPS = 32;
const DEFAULT_GROUP = 1;
const DEFAULT_THRESHOLD = 1;
const THRESHOLD_MAX = 50;
/** ULOG_PREFIX_LEN without its end. */
const PREFIX = 31;

export const ulog = extension<UlogInfo>({
  kind: 'target',
  name: 'ULOG',
  families: ['ip'],
  rev: 0,
  options: [
    { name: 'ulog-nlgroup', parse: uint(GROUPS, 1), about: 'number  who listens' },
    { name: 'ulog-cprange', parse: uint(0xffffffff), about: 'bytes of the packet that are copied' },
    {
      name: 'ulog-qthreshold',
      parse: uint(THRESHOLD_MAX, 1),
      about: 'records that are sent together',
    },
    { name: 'ulog-prefix', parse: cutLine(PREFIX), about: 'text at the head of the record' },
  ],
  build: (given) => ({
    nlGroup: given.value<number>('ulog-nlgroup') ?? DEFAULT_GROUP,
    copyRange: given.value<number>('ulog-cprange') ?? 0,
    qthreshold: given.value<number>('ulog-qthreshold') ?? DEFAULT_THRESHOLD,
    prefix: given.value<string>('ulog-prefix') ?? '',
  }),
  save: ({ nlGroup, copyRange, qthreshold, prefix }) =>
    words(
      prefix !== '' && `--ulog-prefix ${savedText(prefix)}`,
      nlGroup !== DEFAULT_GROUP && `--ulog-nlgroup ${nlGroup}`,
      copyRange !== 0 && `--ulog-cprange ${copyRange}`,
      qthreshold !== DEFAULT_THRESHOLD && `--ulog-qthreshold ${qthreshold}`,
    ),
  list: ({ nlGroup, copyRange, qthreshold, prefix }) =>
    words(
      `ULOG copy_range ${copyRange} nlgroup ${nlGroup}`,
      prefix !== '' && `prefix "${prefix}"`,
      `queue_threshold ${qthreshold}`,
    ),
  translate: (_, { leave }) => leave('Linux has ULOG no more; NFLOG does it'),
});
