import { boolean, list, object, oneOf } from '../../schema.ts';
import { range, u32 } from '../checks.ts';
import type { XtRange, XtShape } from '../info.ts';

/** A number that is loaded from or worked with: `at` moves the place by what was loaded. */
export interface U32Step {
  readonly op: 'load' | 'and' | 'lshift' | 'rshift' | 'at';
  readonly number: number;
}

export interface U32Test {
  readonly steps: readonly U32Step[];
  readonly values: readonly XtRange[];
}

/** struct xt_u32. */
export interface U32Info {
  readonly invert: boolean;
  readonly tests: readonly U32Test[];
}

const step = object<U32Step>({
  op: oneOf('load', 'and', 'lshift', 'rshift', 'at'),
  number: u32,
});
const u32Test = object<U32Test>({ steps: list(step), values: list(range(u32)) });

export const u32Shape: XtShape = {
  name: 'u32',
  check: object<U32Info>({
    invert: boolean,
    tests: list(u32Test),
  }),
};
