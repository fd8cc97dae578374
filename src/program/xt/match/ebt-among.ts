import { list, object, optional } from '../../schema.ts';
import { bytes, test } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** struct nft_among_pair; without an address any will do. */
export interface EbtAmongPair {
  readonly mac: string;
  readonly ip?: string;
}

/** struct nft_among_data */
export interface EbtAmongInfo {
  readonly src?: XtTest<readonly EbtAmongPair[]>;
  readonly dst?: XtTest<readonly EbtAmongPair[]>;
}

const pairs = test(list(object<EbtAmongPair>({ mac: bytes(6), ip: optional(bytes(4)) })));

export const ebtAmongShape: XtShape = {
  name: 'among',
  check: object<EbtAmongInfo>({ src: optional(pairs), dst: optional(pairs) }),
};
