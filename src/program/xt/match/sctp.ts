import { list, object, oneOf, optional } from '../../schema.ts';
import { range, test, u8, u16 } from '../checks.ts';
import type { XtRange, XtShape, XtTest } from '../info.ts';

export interface SctpChunk {
  readonly type: number;
  readonly flags?: { readonly mask: number; readonly value: number };
}

export interface SctpChunks {
  readonly how: 'any' | 'all' | 'only';
  readonly types: readonly SctpChunk[];
}

/** struct xt_sctp_info; chunk types as numbers, with the flags asked of them. */
export interface SctpInfo {
  readonly sports?: XtTest<XtRange>;
  readonly dports?: XtTest<XtRange>;
  readonly chunks?: XtTest<SctpChunks>;
}

const chunk = object<SctpChunk>({
  type: u8,
  flags: optional(object({ mask: u8, value: u8 })),
});
const chunks = object<SctpChunks>({ how: oneOf('any', 'all', 'only'), types: list(chunk) });

export const sctpShape: XtShape = {
  name: 'sctp',
  check: object<SctpInfo>({
    sports: optional(test(range(u16))),
    dports: optional(test(range(u16))),
    chunks: optional(test(chunks)),
  }),
};
