// IDLETIMER: tells when a rule has not been hit for a while (libxt_IDLETIMER.c).

import type { IdletimerInfo } from '../../program/index.ts';
import { cut, extension, IP_FAMILIES, uint, words } from '../extension/index.ts';

/** MAX_IDLETIMER_LABEL_SIZE without its end. */
const LABEL = 27;

export const idletimer = extension<IdletimerInfo>({
  kind: 'target',
  name: 'IDLETIMER',
  families: IP_FAMILIES,
  rev: 1,
  options: [
    { name: 'timeout', parse: uint(0xffffffff), mandatory: true, about: 'seconds' },
    { name: 'label', parse: cut(LABEL), mandatory: true, about: 'name of the timer' },
    { name: 'alarm', about: 'goes on while the machine sleeps' },
  ],
  build: (given) => ({
    timeout: given.value<number>('timeout') ?? 0,
    label: given.value<string>('label') ?? '',
    alarm: given.has('alarm'),
  }),
  save: ({ timeout, label, alarm }) =>
    words(`--timeout ${timeout} --label ${label}`, alarm && '--alarm'),
  list: ({ timeout, label, alarm }) => words(`timeout:${timeout} label:${label}`, alarm && 'alarm'),
  translate: (_, { leave }) => leave('nft has no timers that tell of quiet interfaces'),
});
