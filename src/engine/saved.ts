// A ruleset that outlives its process: what has to be kept beside the program, and the batch that
// makes it again.

import type { Batch, Change, Program, Table } from '../program/index.ts';
import type { RulesetState } from './state/ruleset.ts';
import { tableKey } from './state/table.ts';

/** Handles are never given twice, so the last one of each table is part of the state. */
export interface SavedRuleset {
  readonly program: Program;
  readonly generation: number;
  readonly lastTableHandle: number;
  /** By `family name`. */
  readonly lastHandles: Readonly<Record<string, number>>;
}

export const savedNumbers = (state: RulesetState): Omit<SavedRuleset, 'program'> => ({
  generation: state.generation,
  lastTableHandle: state.lastTableHandle,
  lastHandles: Object.fromEntries([...state.tables].map(([key, table]) => [key, table.lastHandle])),
});

export function resume(state: RulesetState, saved: SavedRuleset): void {
  state.generation = saved.generation;
  state.resumeTableHandles(saved.lastTableHandle);
  for (const table of saved.program.tables) {
    const last = saved.lastHandles[tableKey(table.family, table.name)] ?? 0;
    state.find(table.family, table.name)?.resumeHandles(last);
  }
}

/** Declarations first, so that elements and rules find what they refer to. */
export const restoringBatch = (program: Program): Batch => program.tables.flatMap(tableChanges);

function tableChanges(table: Table): Change[] {
  const { family, chains, sets, objects, flowtables, ...rest } = table;
  const at = { family, table: table.name };
  const create = true;
  return [
    { op: 'newtable', create, family, table: rest },
    ...objects.map((object): Change => ({ op: 'newobj', ...at, create, object })),
    ...flowtables.map((flowtable): Change => ({ op: 'newflowtable', ...at, create, flowtable })),
    ...sets.map(({ elements: _, ...set }): Change => ({ op: 'newset', ...at, create, set })),
    ...chains.map(({ rules: _, ...chain }): Change => ({ op: 'newchain', ...at, create, chain })),
    ...sets
      .filter((set) => set.elements.length > 0)
      .map(({ name: set, elements }): Change => ({ op: 'newelem', ...at, create, set, elements })),
    ...chains.flatMap(({ name: chain, rules }) =>
      rules.map((rule): Change => ({ op: 'newrule', ...at, chain, rule, where: 'add' })),
    ),
  ];
}
