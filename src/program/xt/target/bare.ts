import { object } from '../../schema.ts';
import type { XtShape } from '../info.ts';

/** Targets that carry nothing. */
export type BareInfo = Record<never, never>;

const check = object<BareInfo>({});

export const BARE_SHAPES: readonly XtShape[] = ['NOTRACK', 'TRACE'].map((name) => ({
  name,
  check,
}));
