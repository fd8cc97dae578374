import { boolean, object } from '../../schema.ts';
import { range, u8, u16 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_tcp; option 0 is none asked. */
export interface TcpInfo {
  readonly sports: XtRange;
  readonly dports: XtRange;
  readonly option: number;
  readonly flagMask: number;
  readonly flagCmp: number;
  readonly invertSport: boolean;
  readonly invertDport: boolean;
  readonly invertFlags: boolean;
  readonly invertOption: boolean;
}

export const tcpShape: XtShape = {
  name: 'tcp',
  check: object<TcpInfo>({
    sports: range(u16),
    dports: range(u16),
    option: u8,
    flagMask: u8,
    flagCmp: u8,
    invertSport: boolean,
    invertDport: boolean,
    invertFlags: boolean,
    invertOption: boolean,
  }),
};
