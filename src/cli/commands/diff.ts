import {
  type CompareInput,
  type Comparison,
  compareRulesets,
  type Goal,
  type Loaded,
  type Reason,
  topologyText,
  type Unmet,
} from '../../lab/index.ts';
import type { Paint } from '../../trace/index.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_DIFFERENT, EXIT_OK, EXIT_UNSURE } from '../failure.ts';
import type { Host } from '../host.ts';
import { loadRulesets, type RulesetFiles } from '../load.ts';
import { describedNetwork, interfaceIndexes } from '../network.ts';
import { countBar } from '../progress.ts';
import { captureOf, networkText, traceLine, writeFile } from './difference.ts';

export interface DiffRequest {
  readonly first: string;
  readonly second: string;
  readonly topologies: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  readonly seed: number;
  /** Undefined: as many as are done in a minute or so. */
  readonly tries: number | undefined;
  /** Where to write the packets of a difference, and the network that was made up. */
  readonly pcap: string | undefined;
  readonly network: string | undefined;
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

/** Conversations, and rules evaluated for them: about a minute. */
export const DIFF_TRIES = 5000;
export const DIFF_WORK = 60_000_000;

/** Who asks for a number of tries has them all. */
export const searchOf = (tries: number | undefined): { tries: number; work?: number } =>
  tries === undefined ? { tries: DIFF_TRIES, work: DIFF_WORK } : { tries };

/** 0 equal, 3 different, 4 where something decides that cannot be evaluated. */
export const exitOf = ({ difference, depends, isSame }: Comparison): number =>
  difference !== undefined ? EXIT_DIFFERENT : depends.length > 0 && !isSame ? EXIT_UNSURE : EXIT_OK;

/** Looks for a packet that two rulesets treat differently. */
export async function diff(request: DiffRequest, host: Host): Promise<number> {
  const paint = paintFor(request.colour, host);
  const { defines, strict, seed } = request;
  const search = searchOf(request.tries);
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
  const bar = await countBar(search.tries, 'conversations', host);
  const comparison = compareRulesets(sideOf(a), sideOf(b), {
    ...search,
    seed,
    progress: bar.at,
    ...(network === undefined ? {} : { network }),
  });
  bar.stop();
  await keep(request, comparison, host);
  host.out(
    request.json
      ? `${JSON.stringify(resultOf(comparison), null, 2)}\n`
      : comparisonText(comparison, { ...request, rulesets: filesOf(request.first) }, paint),
  );
  return exitOf(comparison);
}

/** Files that were asked for. */
export async function keep(
  { pcap, network }: Pick<DiffRequest, 'pcap' | 'network'>,
  comparison: Comparison,
  host: Host,
): Promise<void> {
  if (network !== undefined)
    await writeFile(network, new TextEncoder().encode(networkText(comparison.network)), host);
  if (pcap !== undefined && comparison.difference !== undefined)
    await writeFile(pcap, captureOf(comparison.difference), host);
}

const placeOfGoal = ({ table, chain, index, rule: { source } }: Goal): string =>
  source === undefined
    ? `${table.family} ${table.name} ${chain.name}, rule ${index + 1}`
    : `${source.file}:${source.line}`;

const goalJson = (goal: Goal) => ({ place: placeOfGoal(goal), text: goal.rule.source?.text });

const unmetJson = ({ goal, reason, why, by }: Unmet) => ({
  ...goalJson(goal),
  reason,
  why,
  ...(by && { by: goalJson(by) }),
});

/** The result as plain data. */
export function resultOf(comparison: Comparison): object {
  const { difference, packets, conversations, isSame, first, second, network, depends } =
    comparison;
  const side = ({ missed, ...rest }: Comparison['first']) => ({
    ...rest,
    missed: missed.map(unmetJson),
  });
  return {
    schema: 'sluice-diff/1',
    equal: difference === undefined,
    ...(difference === undefined ? {} : { difference }),
    sameRules: isSame,
    packets,
    conversations,
    first: side(first),
    second: side(second),
    network: topologyText(network),
    depends,
  };
}

/** What the text is about. */
export interface ShownOf
  extends Pick<DiffRequest, 'first' | 'second' | 'topologies' | 'seed' | 'network'> {
  /** Files of the first, for the command that shows the difference again. */
  readonly rulesets: readonly string[];
  readonly tries: number | undefined;
}

/** The result as a person reads it: first whether they differ, then what that is worth. */
export function comparisonText(comparison: Comparison, shown: ShownOf, paint: Paint): string {
  const { difference, depends } = comparison;
  const { first, second, topologies, network } = shown;
  const lines: string[] = [];
  if (difference === undefined) lines.push(...equalLines(comparison, shown, paint));
  else lines.push(...differenceLines(comparison, first, second, paint));
  lines.push(coverageLine(first, comparison.first, difference === undefined, paint));
  lines.push(coverageLine(second, comparison.second, difference === undefined, paint));
  if (depends.length > 0)
    lines.push(`${paint.yellow('not evaluated')}, nothing is said about: ${depends.join(', ')}`);
  if (topologies.length === 0)
    lines.push(paint.dim(`network made up for it: ${shortened(topologyText(comparison.network))}`));
  if (difference !== undefined) {
    const files = topologies.length > 0 ? topologies : [network ?? 'NETWORK.yaml'];
    const hint =
      topologies.length + (network === undefined ? 0 : 1) > 0
        ? ''
        : ' (NETWORK.yaml: --write-network writes it)';
    lines.push(`again${hint}: ${traceLine(shown.rulesets, files, difference)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A network of a thousand addresses is no line to read. */
const shortened = (text: string): string => (text.length <= 600 ? text : `${text.slice(0, 600)} …`);

function equalLines(
  { packets, conversations, isSame }: Comparison,
  { seed, tries }: ShownOf,
  paint: Paint,
): string[] {
  const head = `${paint.green('no difference')} in ${packets} packets (seed ${seed})`;
  if (isSame) return [`${head}: both have the same rules`];
  if (conversations >= searchOf(tries).tries) return [head];
  return [head, `it ended after ${conversations} conversations, --tries goes on longer`];
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
    ...packetLines(difference.packets),
    ...side(paint.red('-'), difference.first, difference.decisions[0] || first),
    ...side(paint.green('+'), difference.second, difference.decisions[1] || second),
    '',
  ];
}

/** Of thousands of the same packet a line. */
function packetLines(packets: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < packets.length; ) {
    let end = i + 1;
    while (end < packets.length && packets[end] === packets[i]) end++;
    lines.push(`  ${packets[i]}${end - i > 1 ? ` (${end - i} times)` : ''}`);
    i = end;
  }
  return lines;
}

/** Findings first: rules that nothing can meet are worth a look. */
const ORDER: readonly Reason[] = [
  'shadowed',
  'contradiction',
  'unused',
  'unset',
  'unknown',
  'unmet',
];
const SHOWN = 5;

function unmetLine({ goal, why, by }: Unmet, paint: Paint): string {
  const taker = by === undefined ? '' : `: ${placeOfGoal(by)}  ${by.rule.source?.text ?? ''}`;
  const rule = `${placeOfGoal(goal)}  ${goal.rule.source?.text ?? ''}`;
  return `\n  ${paint.dim('never')} ${rule}\n        ${paint.dim(why + taker)}`;
}

/** Where a difference ended the search, rules that no packet met say nothing; those that none can meet do. */
const SURE: readonly Reason[] = ['shadowed', 'contradiction', 'unused'];

function coverageLine(
  name: string,
  { rules, matched, missed }: Comparison['first'],
  isOver: boolean,
  paint: Paint,
): string {
  const head = `${name}: ${matched} of ${rules} rules matched by some packet`;
  const groups = (isOver ? ORDER : SURE).map((reason) =>
    missed.filter((one) => one.reason === reason),
  );
  const shown = groups.map((group) => {
    const more = group.length > SHOWN ? `\n        and ${group.length - SHOWN} more like that` : '';
    return (
      group
        .slice(0, SHOWN)
        .map((one) => unmetLine(one, paint))
        .join('') + more
    );
  });
  return `${head}${shown.join('')}`;
}
