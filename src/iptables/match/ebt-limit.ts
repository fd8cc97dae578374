// limit of ebtables: the burst is always said (libxt_limit.c).

import type { LimitInfo } from '../../program/index.ts';
import { BRIDGE, type Extension, extension, words } from '../extension/index.ts';
import { limit } from './limit.ts';

const plain = limit as Extension<LimitInfo>;

export const ebtLimit = extension<LimitInfo>({
  ...plain,
  families: BRIDGE,
  save: (info, cx) => {
    const said = plain.save(info, cx);
    return said.includes('--limit-burst') ? said : words(said, `--limit-burst ${info.burst}`);
  },
});
