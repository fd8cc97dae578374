// Matches, one per line in the order of their names.
import type { XtShape } from '../info.ts';
import { lengthShape } from './length.ts';

export type { LengthInfo } from './length.ts';

export const XT_MATCHES: readonly XtShape[] = [lengthShape];
