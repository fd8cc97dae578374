// Targets, one per line in the order of their names.
import type { XtShape } from '../info.ts';

export const XT_TARGETS: readonly XtShape[] = [];
