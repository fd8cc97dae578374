/** What a line says, and what a rule is. */
export type * from './command.ts';
export type * from './rule.ts';
export { spanOf, type Word } from './words.ts';
