// Matches, one per line in the order of their names.
import type { Extension } from '../extension/index.ts';
import { length } from './length.ts';

export const MATCHES: readonly Extension[] = [length];
