// `--debug=netlink`: the expressions of what is about to be sent.

import {
  type Batch,
  type Chain,
  type Change,
  printProgram,
  type SetSpec,
  type Table,
} from '../../program/index.ts';

interface Draft {
  readonly sets: SetSpec[];
  readonly chains: Chain[];
  readonly table: Pick<Table, 'family' | 'name'>;
}

/** Sets with their elements and rules by chain, each table for itself, in the order of the batch. */
export function bytecodeText(batch: Batch): string {
  const drafts = new Map<string, Draft>();
  for (const change of batch) collect(drafts, change);
  const tables = [...drafts.values()].map(
    ({ sets, chains, table }): Table => ({
      ...table,
      flags: [],
      objects: [],
      flowtables: [],
      sets,
      chains,
    }),
  );
  return printProgram({ tables }, { anonymousNames: true });
}

function collect(drafts: Map<string, Draft>, change: Change): void {
  if (change.op !== 'newset' && change.op !== 'newelem' && change.op !== 'newrule') return;
  const { family, table: name } = change;
  const key = `${family} ${name}`;
  const draft = drafts.get(key) ?? { sets: [], chains: [], table: { family, name } };
  drafts.set(key, draft);
  if (change.op === 'newset') draft.sets.push({ ...change.set, elements: [] });
  else if (change.op === 'newrule')
    draft.chains.push({ name: change.chain, flags: [], rules: [change.rule] });
  else fill(draft.sets, change);
}

/** Elements of a set that is there already have no declaration to be printed with. */
function fill(sets: SetSpec[], { set, elements }: Extract<Change, { op: 'newelem' }>): void {
  const at = sets.findLastIndex(({ name }) => name === set);
  const known = sets[at];
  if (known !== undefined) sets[at] = { ...known, elements: [...known.elements, ...elements] };
}
