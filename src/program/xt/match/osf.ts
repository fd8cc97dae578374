import { boolean, integer, object, optional, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_osf_info (nf_osf_info). */
export interface OsfInfo {
  readonly genre: string;
  readonly invert: boolean;
  readonly ttl?: number;
  readonly log?: number;
}

export const osfShape: XtShape = {
  name: 'osf',
  check: object<OsfInfo>({
    genre: string,
    invert: boolean,
    ttl: optional(integer(0, 2)),
    log: optional(integer(0, 2)),
  }),
};
