import { object } from '../../schema.ts';
import { bytes, u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ip6t_npt_tginfo: of DNPT and SNPT. */
export interface NptInfo {
  readonly srcPfx: string;
  readonly dstPfx: string;
  readonly srcPfxLen: number;
  readonly dstPfxLen: number;
}

const check = object<NptInfo>({
  srcPfx: bytes(16),
  dstPfx: bytes(16),
  srcPfxLen: u8,
  dstPfxLen: u8,
});

export const NPT_SHAPES: readonly XtShape[] = ['DNPT', 'SNPT'].map((name) => ({ name, check }));
