/**
 * The syntax tree of the nftables language: plain readonly data, made by `1-parse` and by the JSON
 * reader, read by `2-check`, and made again from a program by `4-list`. Four unions, each told
 * apart by `kind`: `Command`, `Declaration`, `Statement`, `Expression`.
 *
 * Conventions
 * - Kinds and field names follow libnftables-json(5) where it has one (`payload`, `meta`, `ct`,
 *   `tcp option`, `mangle`, `vmap`, `elem`), so JSON in and out is a renaming, not a translation.
 * - Every node has a `span`. Nodes that no text stands behind use `NO_SPAN`.
 * - Nothing is resolved: a symbol (`ssh`, `established`, `192.0.2.1`, `1h`) keeps its text until
 *   `2-check` knows the datatype. Only names of headers, fields and keys are checked by the parser,
 *   because the grammar lists them.
 * - Variables are gone: `$x` is replaced by its definition, with the span of the use. Includes are
 *   gone too; the span says which file.
 * - Whole numbers up to 64 bits are `number`, or `bigint` above 2^53 - 1 (`Integer`). Times are in
 *   milliseconds unless a field says seconds. Byte units (`10 mbytes`) are multiplied out.
 * - An optional field that was not written is absent, never `undefined`.
 * - Concatenations are flat; binary operators associate to the left; sets inside sets are flattened.
 * - A command without a verb is `add`. Inside a table's block each declaration repeats the table's
 *   family and name, so it can be read alone.
 * - `match.op` is `implicit` where no operator was written; what that means depends on types.
 * - The mask form `tcp flags syn / syn,ack` is `binop &` on the left of a match.
 *
 * To go over nodes by kind use the total handler tables (`ExpressionHandlers`, `StatementHandlers`,
 * `CommandHandlers`) with `visitExpression` and friends: a new kind then fails to compile where it
 * is not handled.
 */
export type * from './commands.ts';
export type * from './expressions.ts';
export type * from './objects.ts';
export { ADDRESS, type Hole, PORT, shapeOf } from './shape.ts';
export { type Integer, integer, type Name, NO_SPAN, type Span } from './span.ts';
export type * from './statements.ts';
export {
  type CommandHandlers,
  type ExpressionHandlers,
  type StatementHandlers,
  visitCommand,
  visitExpression,
  visitStatement,
} from './visit.ts';
