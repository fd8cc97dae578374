// What `reset` sets back, as changes for the engine.

import type { Command } from '../../nft/index.ts';
import type { Change, Program, SetElement } from '../../program/index.ts';

export type ResetChange = Extract<Change, { op: 'reset' }>;
type Target = Extract<Command, { kind: 'reset' }>['object'];
type At = Pick<ResetChange, 'family' | 'table'>;

/** `table` may be absent of a collection: every table then, of one family or of all. */
function tablesOf(target: Target, program: Program): At[] {
  const { family, table } = target;
  return program.tables
    .filter((one) => (family === undefined || one.family === family) && matches(table, one.name))
    .map((one) => ({ family: one.family, table: one.name }));
}

const matches = (table: Target['table'], name: string): boolean =>
  table === undefined || table.name === name;

function what(target: Target): Pick<ResetChange, 'what'> {
  switch (target.kind) {
    case 'counters':
    case 'counter':
      return { what: 'counter' };
    case 'quotas':
    case 'quota':
      return { what: 'quota' };
    case 'element':
      return { what: 'element' };
    case 'rule':
      return { what: 'rule' };
    case 'set':
    case 'map':
      return { what: 'set' };
    default:
      return { what: 'rules' };
  }
}

export function resetsOf(
  { object }: Extract<Command, { kind: 'reset' }>,
  elements: readonly SetElement[],
  program: Program,
): readonly ResetChange[] {
  const chain = 'chain' in object ? object.chain : undefined;
  const name = 'name' in object ? object.name : undefined;
  const handle = 'handle' in object ? object.handle : undefined;
  return tablesOf(object, program).map((at) => ({
    op: 'reset',
    ...at,
    ...what(object),
    ...(chain !== undefined && { chain: chain.name }),
    ...(name !== undefined && { name: name.name }),
    ...(handle !== undefined && { handle: Number(handle) }),
    ...(object.kind === 'element' && { elements }),
  }));
}
