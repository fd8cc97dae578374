// One rule for several.

import type {
  ElementExpression,
  Expression,
  MatchStatement,
  Rule,
  SetExpression,
  Statement,
  VmapStatement,
} from '../ast/index.ts';
import { isFinal, type Shape, valuesOf, written } from './shape.ts';
import { areApart } from './values.ts';

/** Values of one rule, a field each. */
type Tuple = readonly Expression[];

const INTERFACES = /name$|^[io]if$/;
const areInterfaces = ({ left }: MatchStatement): boolean =>
  left.kind === 'meta' && INTERFACES.test(left.key);

/** A concatenation has one value of each field; a set may stand alone only. */
function tuplesOf({ joined }: Shape): readonly Tuple[] | undefined {
  const [only] = joined;
  if (only !== undefined && joined.length === 1) return valuesOf(only).map((value) => [value]);
  if (joined.some(({ right }) => right.kind === 'set')) return undefined;
  return [joined.map(({ right }) => right)];
}

function allApart(tuples: readonly Tuple[], fields: readonly MatchStatement[]): boolean {
  const apart = (a: Tuple, b: Tuple): boolean =>
    fields.some((field, i) => areApart(a[i]!, b[i]!, areInterfaces(field)));
  return tuples.every((a, i) => tuples.slice(i + 1).every((b) => apart(a, b)));
}

/** Every pair is looked at, so runs of thousands of rules are left alone. */
const MOST = 512;

const keyOf = (exprs: readonly Expression[], { span }: Rule): Expression =>
  exprs.length === 1 ? exprs[0]! : { kind: 'concat', span, items: exprs };

/** The joined matches as one, where the first of them stood; the others stay. */
function matchesWith(shape: Shape, joined: Statement | undefined): Statement[] {
  const isJoined = (statement: Statement): boolean =>
    statement.kind === 'match' && shape.joined.includes(statement);
  const matches = shape.rule.statements.filter(({ kind }) => kind === 'match');
  const first = matches.findIndex(isJoined);
  return matches.flatMap((statement, i) => {
    if (i === first) return joined === undefined ? [] : [joined];
    return isJoined(statement) ? [] : [statement];
  });
}

const withStatements = (shape: Shape, statements: readonly Statement[]): Rule => ({
  kind: 'rule',
  span: shape.rule.span,
  statements,
  ...(shape.rule.comment !== undefined && { comment: shape.rule.comment }),
});

function setRule(shape: Shape, tuples: readonly Tuple[]): Rule {
  const { rule, joined, actions, verdict } = shape;
  const { span } = rule;
  const elements = tuples.map(
    (tuple): ElementExpression => ({ kind: 'elem', span, key: keyOf(tuple, rule) }),
  );
  const left = keyOf(
    joined.map((match) => match.left),
    rule,
  );
  const right: SetExpression = { kind: 'set', span, elements };
  const match: Statement = { kind: 'match', span, op: 'implicit', left, right };
  return withStatements(shape, [
    ...matchesWith(shape, match),
    ...actions,
    ...(verdict === undefined ? [] : [verdict]),
  ]);
}

/** Counters become those of the elements, so that each value is still counted by itself. */
function vmapRule(shapes: readonly Shape[], tuples: readonly (readonly Tuple[])[]): Rule {
  const shape = shapes[0]!;
  const { rule, joined, actions } = shape;
  const { span } = rule;
  const statements = actions.filter((action) => action.kind === 'counter');
  const elements = shapes.flatMap(({ verdict }, i) =>
    tuples[i]!.map(
      (tuple): ElementExpression => ({
        kind: 'elem',
        span,
        key: keyOf(tuple, rule),
        data: verdict!.verdict,
        ...(statements.length > 0 && { options: { statements } }),
      }),
    ),
  );
  const key = keyOf(
    joined.map((match) => match.left),
    rule,
  );
  const vmap: VmapStatement = { kind: 'vmap', span, key, mapping: { kind: 'set', span, elements } };
  return withStatements(shape, [...matchesWith(shape, undefined), vmap]);
}

/** Undefined where one rule would not be the same firewall. */
export function mergedRule(shapes: readonly Shape[]): Rule | undefined {
  const [first] = shapes;
  if (first === undefined || shapes.length > MOST) return undefined;
  const tuples = shapes.map(tuplesOf);
  if (tuples.some((t) => t === undefined)) return undefined;
  const known = tuples as readonly (readonly Tuple[])[];
  const all = known.flat();
  const { joined, actions, verdict } = first;
  const sameVerdict = shapes.every((shape) => written(shape.verdict) === written(verdict));
  if (sameVerdict) {
    const isSafe = isFinal(first) && joined.length === 1;
    return isSafe || allApart(all, joined) ? setRule(first, all) : undefined;
  }
  const onlyCounts = actions.every(({ kind }) => kind === 'counter') && actions.length <= 1;
  return onlyCounts && allApart(all, joined) ? vmapRule(shapes, known) : undefined;
}
