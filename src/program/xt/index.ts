/** The matches and targets of xtables as plain data. */
export type { EbtVerdict } from './ebt.ts';
export type * from './info.ts';
export * from './match/index.ts';
export type { XtSet } from './set.ts';
export * from './target/index.ts';
