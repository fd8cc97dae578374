// ebt_log.c and ebt_nflog.c

import type { EbtLogInfo, EbtNflogInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { BRIDGE } from '../ebt.ts';
import { targetModule } from '../extension.ts';
import { recording } from './log.ts';

const LEVEL_MAX = 7;
/** EBT_LOG_IP | EBT_LOG_ARP | EBT_LOG_NFLOG | EBT_LOG_IP6 */
const FLAGS = 0x0f;

export const ebtLog = targetModule<EbtLogInfo>({
  name: 'log',
  placement: { families: BRIDGE },
  prepare({ loglevel, bitmask, prefix }, { env }) {
    if (loglevel > LEVEL_MAX) refuse('EINVAL', `there is no log level ${loglevel}`);
    if ((bitmask & ~FLAGS) !== 0) refuse('EINVAL', `unknown log flags ${bitmask}`);
    return recording(env, { prefix, level: loglevel, flags: bitmask });
  },
});

export const ebtNflog = targetModule<EbtNflogInfo>({
  name: 'nflog',
  placement: { families: BRIDGE },
  prepare: ({ group, len, prefix }, { env }) =>
    recording(env, { prefix, group, flags: 0, ...(len === 0 ? {} : { snaplen: len }) }),
});
