// Matches, one per line in the order of their names.
import type { MatchModule } from '../extension.ts';
import { length } from './length.ts';

export const MATCH_MODULES: readonly MatchModule[] = [length];
