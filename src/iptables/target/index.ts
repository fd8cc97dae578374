// Targets, one per line in the order of their names.
import type { Extension } from '../extension/index.ts';

export const TARGETS: readonly Extension[] = [];
