// Programs are shared between the engine, traces and listings, so they are frozen all the way down.

/**
 * Freezes `value` and everything inside it, and returns it. What is frozen already is taken to be
 * frozen within: programs are built from frozen parts, and a set of 100,000 elements is walked once.
 */
export function deepFreeze<T>(value: T): T {
  const pending: unknown[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    Object.freeze(next);
    // Not `push(...values)`: the spread of a long list overflows the stack.
    for (const inner of Object.values(next)) if (typeof inner === 'object') pending.push(inner);
  }
  return value;
}
