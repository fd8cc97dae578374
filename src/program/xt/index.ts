/** The matches and targets of xtables as plain data. */
export type * from './info.ts';
export * from './match/index.ts';
export * from './target/index.ts';
