// xt_LOG.c, xt_NFLOG.c and what ipt_ULOG.c was: records, the packet goes on.

import type { LogRecord } from '../../../core/index.ts';
import type { LogInfo, NflogInfo, UlogInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { log as tellLog } from '../../expr/log.ts';
import type { Env } from '../../op.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule, type XtTarget } from '../extension.ts';

/** LOGLEVEL_DEBUG */
const LEVEL_MAX = 7;

export const recording = (env: Env, record: LogRecord): XtTarget => ({
  run(pkt) {
    tellLog(env, pkt, record);
    return NFT_CONTINUE;
  },
});

export const log = targetModule<LogInfo>({
  name: 'LOG',
  placement: { families: ['ip', 'ip6'] },
  prepare({ level, logflags, prefix }, { env }) {
    if (level > LEVEL_MAX) refuse('EINVAL', `there is no log level ${level}`);
    return recording(env, { prefix, level, flags: logflags });
  },
});

export const nflog = targetModule<NflogInfo>({
  name: 'NFLOG',
  placement: { families: ['ip', 'ip6'] },
  prepare: ({ group, len, size, prefix }, { env }) =>
    recording(env, { prefix, group, flags: 0, ...(size ? { snaplen: len } : {}) }),
});

export const ulog = targetModule<UlogInfo>({
  name: 'ULOG',
  placement: { families: ['ip'] },
  prepare: ({ nlGroup, copyRange, prefix }, { env }) =>
    recording(env, {
      prefix,
      group: nlGroup,
      flags: 0,
      ...(copyRange === 0 ? {} : { snaplen: copyRange }),
    }),
});
