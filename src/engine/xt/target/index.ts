// Targets, one per line in the order of their names.
import type { TargetModule } from '../extension.ts';

export const TARGET_MODULES: readonly TargetModule[] = [];
