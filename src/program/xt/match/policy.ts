import { boolean, list, object, oneOf, optional } from '../../schema.ts';
import { net, test, u8, u32 } from '../checks.ts';
import type { XtNet, XtShape, XtTest } from '../info.ts';

export interface PolicyElement {
  readonly reqid?: XtTest<number>;
  readonly spi?: XtTest<number>;
  /** ah, esp or ipcomp by number. */
  readonly proto?: XtTest<number>;
  readonly mode?: XtTest<'transport' | 'tunnel'>;
  readonly saddr?: XtTest<XtNet>;
  readonly daddr?: XtTest<XtNet>;
}

/** struct xt_policy_info. */
export interface PolicyInfo {
  readonly direction: 'in' | 'out';
  readonly policy: 'ipsec' | 'none';
  readonly strict: boolean;
  readonly elements: readonly PolicyElement[];
}

const element = object<PolicyElement>({
  reqid: optional(test(u32)),
  spi: optional(test(u32)),
  proto: optional(test(u8)),
  mode: optional(test(oneOf('transport', 'tunnel'))),
  saddr: optional(test(net)),
  daddr: optional(test(net)),
});

export const policyShape: XtShape = {
  name: 'policy',
  check: object<PolicyInfo>({
    direction: oneOf('in', 'out'),
    policy: oneOf('ipsec', 'none'),
    strict: boolean,
    elements: list(element),
  }),
};
