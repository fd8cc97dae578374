export type * from './batch.ts';
export type * from './expr.ts';
export * from './program.ts';
