import { boolean, object } from '../../schema.ts';
import { u8 } from '../checks.ts';
import type { XtShape } from '../info.ts';

/** struct ip6t_ipv6header_info; headers as MASK_*. */
export interface Ipv6headerInfo {
  readonly headers: number;
  readonly invert: boolean;
  readonly soft: boolean;
}

export const ipv6headerShape: XtShape = {
  name: 'ipv6header',
  check: object<Ipv6headerInfo>({
    headers: u8,
    invert: boolean,
    soft: boolean,
  }),
};
