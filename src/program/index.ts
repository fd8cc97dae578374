export type * from './batch.ts';
export type * from './expr.ts';
export { printExpr, printExprs, printProgram } from './print.ts';
export { printSetSpec } from './print-set.ts';
export type { PrintOptions } from './print-words.ts';
export * from './program.ts';
