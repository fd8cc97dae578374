// Elements of a named set, checked against its declaration.

import type { SetExpression } from '../ast/index.ts';
import { allocateEach } from './allocate.ts';
import { expectExactly, type RuleContext } from './context.ts';
import { addIntervals, removeIntervals } from './intervals.ts';
import { evaluateSet } from './maps.ts';
import { refuse } from './refuse.ts';
import type { SetInfo } from './scope.ts';
import { checkTarget } from './statements.ts';
import { type SetX, setLiteral } from './typed.ts';

export function checkElements(
  cx: RuleContext,
  set: SetInfo,
  x: SetExpression,
  change: 'add' | 'delete' | 'look',
): SetX {
  cx.set = set;
  expectExactly(cx, set.key.type, set.key.byteorder, set.key.len);
  const checked = evaluateSet(cx, setLiteral(x.span, []), allocateEach(x.elements));
  cx.set = undefined;
  if (checked.kind !== 'set') return refuse('bad_elements', x.span, 'expected elements in braces');
  if (change === 'add') checkMapped(cx, set, checked);
  if (set.interval && !set.concat) {
    if (change === 'add') addIntervals(set, checked, false);
    if (change === 'delete') removeIntervals(set, checked);
  }
  return checked;
}

function checkMapped(cx: RuleContext, set: SetInfo, x: SetX): void {
  for (const { data, span } of x.elements) {
    if (data?.kind === 'verdict') checkTarget(cx, data);
    if ((data === undefined) === (set.data === undefined)) continue;
    const message = data === undefined ? 'expected a mapping, key and value' : 'set is not a map';
    refuse('not_a_map', span, message);
  }
}
