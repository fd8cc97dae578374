import { boolean, hex, object, string } from '../../schema.ts';
import { u16 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_string_info; the pattern in hex. */
export interface StringInfo {
  readonly from: number;
  readonly to: number;
  readonly algo: string;
  readonly pattern: string;
  readonly invert: boolean;
  readonly icase: boolean;
}

export const stringShape: XtShape = {
  name: 'string',
  check: object<StringInfo>({
    from: u16,
    to: u16,
    algo: string,
    pattern: hex,
    invert: boolean,
    icase: boolean,
  }),
};
