import { boolean, hex, object, oneOf, string } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_recent_mtinfo_v1; the mask in hex. */
export interface RecentInfo {
  readonly action: 'set' | 'rcheck' | 'update' | 'remove';
  readonly invert: boolean;
  readonly seconds: number;
  readonly hitCount: number;
  readonly ttl: boolean;
  readonly reap: boolean;
  readonly name: string;
  readonly side: 'source' | 'dest';
  readonly mask: string;
}

export const recentShape: XtShape = {
  name: 'recent',
  check: object<RecentInfo>({
    action: oneOf('set', 'rcheck', 'update', 'remove'),
    invert: boolean,
    seconds: u32,
    hitCount: u32,
    ttl: boolean,
    reap: boolean,
    name: string,
    side: oneOf('source', 'dest'),
    mask: hex,
  }),
};
