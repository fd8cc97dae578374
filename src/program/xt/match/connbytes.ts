import type { U64 } from '../../ipset.ts';
import { object, oneOf } from '../../schema.ts';
import { u64 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connbytes_info; `from` above `to` means everything outside. */
export interface ConnbytesInfo {
  readonly from: U64;
  readonly to: U64;
  readonly what: 'packets' | 'bytes' | 'avgpkt';
  readonly direction: 'original' | 'reply' | 'both';
}

export const connbytesShape: XtShape = {
  name: 'connbytes',
  check: object<ConnbytesInfo>({
    from: u64,
    to: u64,
    what: oneOf('packets', 'bytes', 'avgpkt'),
    direction: oneOf('original', 'reply', 'both'),
  }),
};
