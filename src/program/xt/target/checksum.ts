import { object, oneOf } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_CHECKSUM_info. */
export interface ChecksumInfo {
  readonly operation: 'fill';
}

export const checksumShape: XtShape = {
  name: 'CHECKSUM',
  check: object<ChecksumInfo>({ operation: oneOf('fill') }),
};
