import { object, oneOf, optional } from '../../schema.ts';
import { bytes } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct arpt_mangle: what is there replaces the field of the ARP packet. */
export interface ArptMangleInfo {
  readonly srcDevaddr?: string;
  readonly tgtDevaddr?: string;
  readonly srcIp?: string;
  readonly tgtIp?: string;
  readonly target: 'accept' | 'drop' | 'continue';
}

export const arptMangleShape: XtShape = {
  name: 'mangle',
  check: object<ArptMangleInfo>({
    srcDevaddr: optional(bytes(6)),
    tgtDevaddr: optional(bytes(6)),
    srcIp: optional(bytes(4)),
    tgtIp: optional(bytes(4)),
    target: oneOf('accept', 'drop', 'continue'),
  }),
};
