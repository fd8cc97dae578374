import { object, oneOf } from '../../schema.ts';
import { u8, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct xt_connmark_tginfo2. */
export interface ConnmarkTargetInfo {
  readonly mode: 'set' | 'save' | 'restore';
  readonly ctmark: number;
  readonly ctmask: number;
  readonly nfmask: number;
  readonly shiftDir: 'left' | 'right';
  readonly shiftBits: number;
}

export const connmarkShape: XtShape = {
  name: 'CONNMARK',
  check: object<ConnmarkTargetInfo>({
    mode: oneOf('set', 'save', 'restore'),
    ctmark: u32,
    ctmask: u32,
    nfmask: u32,
    shiftDir: oneOf('left', 'right'),
    shiftBits: u8,
  }),
};
