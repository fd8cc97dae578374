import { boolean, integer, object } from '../../schema.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_length_info: bytes from the network header on. */
export interface LengthInfo extends XtRange {
  readonly invert: boolean;
}

const u16 = integer(0, 0xffff);

export const lengthShape: XtShape = {
  name: 'length',
  check: object<LengthInfo>({ min: u16, max: u16, invert: boolean }),
};
