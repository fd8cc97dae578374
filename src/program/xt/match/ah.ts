import { boolean, object } from '../../schema.ts';
import { range, u32 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct ipt_ah and ip6t_ah; the header length in bytes, 0 for any. */
export interface AhInfo {
  readonly spis: XtRange;
  readonly hdrlen: number;
  readonly hdrres: boolean;
  readonly invertSpi: boolean;
  readonly invertLen: boolean;
}

export const ahShape: XtShape = {
  name: 'ah',
  check: object<AhInfo>({
    spis: range(u32),
    hdrlen: u32,
    hdrres: boolean,
    invertSpi: boolean,
    invertLen: boolean,
  }),
};
