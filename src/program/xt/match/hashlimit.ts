import { boolean, count, integer, list, object, oneOf, string } from '../../schema.ts';
import { u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** XT_HASHLIMIT_HASH_*. */
export type HashlimitKey = 'srcip' | 'srcport' | 'dstip' | 'dstport';

/** struct xt_hashlimit_mtinfo3. `avg` is millionths of a second per packet; in byte mode what libxt_hashlimit makes of the rate. */
export interface HashlimitInfo {
  readonly name: string;
  readonly keys: readonly HashlimitKey[];
  readonly bytes: boolean;
  readonly invert: boolean;
  readonly rateMatch: boolean;
  readonly avg: number;
  readonly burst: number;
  readonly size: number;
  readonly max: number;
  readonly gcInterval: number;
  readonly expire: number;
  readonly interval: number;
  readonly srcmask: number;
  readonly dstmask: number;
}

export const hashlimitShape: XtShape = {
  name: 'hashlimit',
  check: object<HashlimitInfo>({
    name: string,
    keys: list(oneOf('srcip', 'srcport', 'dstip', 'dstport')),
    bytes: boolean,
    invert: boolean,
    rateMatch: boolean,
    avg: count,
    burst: count,
    size: u32,
    max: u32,
    gcInterval: u32,
    expire: u32,
    interval: u32,
    srcmask: integer(0, 128),
    dstmask: integer(0, 128),
  }),
};
