import { error } from '../diagnostics/index.ts';
import { boundsOf } from './intervals.ts';
import { Refused } from './refuse.ts';
import type { ElemX, SetX } from './typed.ts';

/** Keys of a map are never merged: each leads somewhere of its own. Sorted for the kernel. */
export function refuseOverlapInMap(map: SetX): void {
  const bounded: { elem: ElemX; low: bigint; high: bigint }[] = [];
  const rest: ElemX[] = [];
  for (const elem of map.elements) {
    const bounds = boundsOf(elem);
    if (bounds === undefined) rest.push(elem);
    else bounded.push({ elem, ...bounds });
  }
  bounded.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  for (let i = 1; i < bounded.length; i++) {
    const [before, at] = [bounded[i - 1], bounded[i]];
    if (before === undefined || at === undefined || at.low > before.high) continue;
    // The very same twice: the kernel sees whether both lead to the same.
    if (at.low === before.low && at.high === before.high) continue;
    const related = [{ span: before.elem.span, message: 'the other interval' }];
    throw new Refused(
      error('interval_overlap', at.elem.span, 'conflicting intervals specified', { related }),
    );
  }
  map.elements = [...bounded.map((one) => one.elem), ...rest];
}
