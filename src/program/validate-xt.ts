// Whether plain data is the info of an xtables extension; one of an unknown name is kept as it is.

import type { MatchExpr, TargetExpr } from './expr.ts';
import { anything, type Check, integer, isObject, name, object, string } from './schema.ts';
import type { XtShape } from './xt/index.ts';

/** The check of a `match` or `target` expression. */
export function extensionFields(shapes: readonly XtShape[]): Check {
  const checks = new Map(shapes.map((shape) => [shape.name, shape.check]));
  return (value, path, problems) => {
    const known = isObject(value) ? checks.get(String(value['name'])) : undefined;
    // A kernel's bytes that nobody decoded stand as text.
    const isRaw = isObject(value) && typeof value['info'] === 'string';
    const info = isRaw ? anything : (known ?? anything);
    object<MatchExpr | TargetExpr>({ kind: string, name, rev: integer(0, 0xff), info })(
      value,
      path,
      problems,
    );
  };
}
