import { object, string } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** struct xt_nfacct_match_info. */
export interface NfacctInfo {
  readonly name: string;
}

export const nfacctShape: XtShape = {
  name: 'nfacct',
  check: object<NfacctInfo>({
    name: string,
  }),
};
