import { boolean, list, object, optional } from '../../schema.ts';
import { test, u8, u32 } from '../checks.ts';
import type { XtShape, XtTest } from '../info.ts';

/** An option by type, and by the length of its data where that is given. */
export interface OptsOption {
  readonly type: number;
  readonly length?: number;
}

/** struct ip6t_opts, of `hbh` and `dst`. */
export interface OptsInfo {
  readonly hdrlen?: XtTest<number>;
  readonly options: readonly OptsOption[];
  /** Options were asked for, if only by an empty list. */
  readonly optionsGiven: boolean;
  readonly notStrict: boolean;
}

const check = object<OptsInfo>({
  hdrlen: optional(test(u32)),
  options: list(object<OptsOption>({ type: u8, length: optional(u8) })),
  optionsGiven: boolean,
  notStrict: boolean,
});

export const hbhShape: XtShape = { name: 'hbh', check };
export const dstShape: XtShape = { name: 'dst', check };
