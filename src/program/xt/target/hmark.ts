import { object } from '../../schema.ts';
import { bytes, u16, u32 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/**
 * struct xt_hmark_info. Of `union hmark_ports` each half has a name; an SPI mask or value spans both.
 * `flags` say which were given, as bits 1 << XT_HMARK_*.
 */
export interface HmarkInfo {
  readonly flags: number;
  readonly srcMask: string;
  readonly dstMask: string;
  readonly srcPortMask: number;
  readonly dstPortMask: number;
  readonly srcPortSet: number;
  readonly dstPortSet: number;
  readonly protoMask: number;
  readonly hashrnd: number;
  readonly hmodulus: number;
  readonly hoffset: number;
}

export const hmarkShape: XtShape = {
  name: 'HMARK',
  check: object<HmarkInfo>({
    flags: u32,
    srcMask: bytes(16),
    dstMask: bytes(16),
    srcPortMask: u16,
    dstPortMask: u16,
    srcPortSet: u16,
    dstPortSet: u16,
    protoMask: u16,
    hashrnd: u32,
    hmodulus: u32,
    hoffset: u32,
  }),
};
