import { boolean, object } from '../../schema.ts';
import { range, u16 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** struct xt_udp. */
export interface UdpInfo {
  readonly sports: XtRange;
  readonly dports: XtRange;
  readonly invertSport: boolean;
  readonly invertDport: boolean;
}

export const udpShape: XtShape = {
  name: 'udp',
  check: object<UdpInfo>({
    sports: range(u16),
    dports: range(u16),
    invertSport: boolean,
    invertDport: boolean,
  }),
};
