// Time for a program that is kept as data: what the kernel's timers do to elements meanwhile.

import type { Program, SetElement, SetSpec } from './program.ts';

/** The program `ms` later: elements whose time is over are gone, the others have less left. */
export function programAfter(program: Program, ms: number): Program {
  if (ms <= 0) return program;
  return {
    tables: program.tables.map((table) => ({
      ...table,
      sets: table.sets.map((set) => setAfter(set, ms)),
    })),
  };
}

function setAfter(set: SetSpec, ms: number): SetSpec {
  if (!set.flags.includes('timeout')) return set;
  const elements = set.elements.flatMap((element): SetElement[] => {
    if (element.expires === undefined) return [element];
    const expires = element.expires - ms;
    return expires > 0 ? [{ ...element, expires }] : [];
  });
  return { ...set, elements };
}
