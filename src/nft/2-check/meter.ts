import type { StatementOf } from '../ast/index.ts';
import { error } from '../diagnostics/index.ts';
import type { RuleContext } from './context.ts';
import { Refused, refuse } from './refuse.ts';
import type { SetInfo } from './scope.ts';
import { type ElemX, setLiteral, type Typed } from './typed.ts';

function checkExisting(x: StatementOf<'meter'>, element: ElemX, set: SetInfo): SetInfo {
  if (set.data !== undefined || !set.dynamic) {
    throw new Refused(
      error('name_taken', x.name.span, `meter '${set.name}' overlaps an existing set or map`),
    );
  }
  const timeout = typeof element.options?.timeout === 'number';
  if (set.timeout !== timeout) {
    const state = set.timeout ? 'has' : 'lacks';
    refuse('bad_meter', element.span, `existing set '${set.name}' ${state} the timeout flag`);
  }
  if (x.size !== undefined && set.size !== x.size) {
    refuse('bad_meter', element.span, `existing set '${set.name}' has size ${set.size ?? 0}`);
  }
  return set;
}

/** A meter is a dynamic set that its first use declares. */
export function meterSet(
  cx: RuleContext,
  x: StatementOf<'meter'>,
  key: Typed,
  element: ElemX,
): SetInfo {
  const { name } = x.name;
  const existing = cx.table.sets.get(name);
  if (existing !== undefined) return checkExisting(x, element, existing);
  const info: SetInfo = {
    name,
    anonymous: false,
    key,
    dataInterval: false,
    interval: false,
    concat: false,
    dynamic: true,
    timeout: typeof element.options?.timeout === 'number',
    autoMerge: false,
    statements: [],
    ...(x.size !== undefined && { size: x.size }),
  };
  cx.table.sets.set(name, info);
  cx.table.taken.add(name);
  cx.made.sets.push({ info, init: setLiteral(x.span, []) });
  return info;
}
