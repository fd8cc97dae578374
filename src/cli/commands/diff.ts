import {
  type CompareInput,
  type Comparison,
  compareRulesets,
  type Goal,
  type Loaded,
  topologyText,
} from '../../lab/index.ts';
import type { Paint } from '../../trace/index.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_DIFFERENT, EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { loadRulesets, type RulesetFiles } from '../load.ts';
import { describedNetwork, interfaceIndexes } from '../network.ts';
import { countBar } from '../progress.ts';

export interface DiffRequest {
  readonly first: string;
  readonly second: string;
  readonly topologies: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly tries: number;
  readonly strict: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

/** Several files of one side are joined by commas: sets of ipset and the rules that ask them. `\\,` is a comma of a name. */
const filesOf = (names: string): readonly string[] =>
  names.split(/(?<!\\),/).map((name) => name.replaceAll('\\,', ','));

const sideOf = ({ batch, ipsets, accounting, program }: Loaded): CompareInput => ({
  batches: [batch],
  ipsets,
  ...(accounting && { accounting }),
  program,
});

/** Looks for a packet that two rulesets treat differently. */
export async function diff(request: DiffRequest, host: Host): Promise<number> {
  const paint = paintFor(request.colour, host);
  const { defines, strict, seed, tries } = request;
  const network = await describedNetwork({ ...request, rulesets: [] }, host);
  const known = interfaceIndexes(network);
  const side = (rulesets: string): RulesetFiles => ({
    rulesets: filesOf(rulesets),
    defines,
    strict,
  });
  const a = await loadRulesets(side(request.first), host, paint, known);
  // What the first names by index is the same interface in the second.
  const indexes = { ...known, ...a.interfaces };
  const b = await loadRulesets(side(request.second), host, paint, indexes);
  const bar = await countBar(tries, 'conversations', host);
  const comparison = compareRulesets(sideOf(a), sideOf(b), {
    tries,
    seed,
    progress: bar.at,
    ...(network === undefined ? {} : { network }),
  });
  bar.stop();
  host.out(
    request.json
      ? `${JSON.stringify(resultOf(comparison), null, 2)}\n`
      : comparisonText(comparison, request, paint),
  );
  return comparison.difference === undefined ? EXIT_OK : EXIT_DIFFERENT;
}

const placeOfGoal = ({ table, chain, index, rule: { source } }: Goal): string =>
  source === undefined
    ? `${table.family} ${table.name} ${chain.name}, rule ${index + 1}`
    : `${source.file}:${source.line}`;

const goalJson = (goal: Goal) => ({ place: placeOfGoal(goal), text: goal.rule.source?.text });

/** The result as plain data. */
export function resultOf({
  difference,
  packets,
  first,
  second,
  network,
  depends,
}: Comparison): object {
  const side = ({ missed, ...rest }: Comparison['first']) => ({
    ...rest,
    missed: missed.map(goalJson),
  });
  return {
    schema: 'sluice-diff/1',
    equal: difference === undefined,
    ...(difference === undefined ? {} : { difference }),
    packets,
    first: side(first),
    second: side(second),
    network: topologyText(network),
    depends,
  };
}

/** The result as a person reads it: first whether they differ, then what that is worth. */
export function comparisonText(
  comparison: Comparison,
  {
    first,
    second,
    topologies,
    seed,
  }: Pick<DiffRequest, 'first' | 'second' | 'topologies' | 'seed'>,
  paint: Paint,
): string {
  const { difference, packets, depends } = comparison;
  const lines: string[] = [];
  if (difference === undefined)
    lines.push(`${paint.green('no difference')} in ${packets} packets (seed ${seed})`);
  else lines.push(...differenceLines(comparison, first, second, paint));
  lines.push(coverageLine(first, comparison.first, paint));
  lines.push(coverageLine(second, comparison.second, paint));
  if (depends.length > 0)
    lines.push(`${paint.yellow('not evaluated')}, nothing is said about: ${depends.join(', ')}`);
  if (topologies.length === 0)
    lines.push(paint.dim(`network made up for it: ${topologyText(comparison.network)}`));
  return `${lines.join('\n')}\n`;
}

function differenceLines(
  { difference, packets }: Comparison,
  first: string,
  second: string,
  paint: Paint,
): string[] {
  if (difference === undefined) return [];
  const side = (sign: string, said: readonly string[], decision: string): string[] => [
    `${sign} ${decision}`,
    ...(said.length > 0 ? said : ['nothing']).map((line) => `    ${line}`),
  ];
  return [
    `${paint.red('they differ')}, shown by packet ${packets}:`,
    ...difference.packets.map((p) => `  ${p}`),
    ...side(paint.red('-'), difference.first, difference.decisions[0] || first),
    ...side(paint.green('+'), difference.second, difference.decisions[1] || second),
    '',
  ];
}

const SHOWN = 5;

function coverageLine(name: string, coverage: Comparison['first'], paint: Paint): string {
  const { rules, matched, missed } = coverage;
  const head = `${name}: ${matched} of ${rules} rules matched by some packet`;
  if (missed.length === 0) return head;
  const some = missed
    .slice(0, SHOWN)
    .map(
      (goal) => `\n  ${paint.dim('never')} ${placeOfGoal(goal)}  ${goal.rule.source?.text ?? ''}`,
    );
  const more = missed.length > SHOWN ? `\n  and ${missed.length - SHOWN} more` : '';
  return `${head}${some.join('')}${more}`;
}
