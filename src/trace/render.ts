// A trace as text: a spine of hooks down the left, what happened in each beside it.
import {
  causeOf,
  changeLines,
  type DetailOptions,
  detailLines,
  labelOf,
  packetText,
  sentence,
  verdict,
} from './details.ts';
import { flatSteps } from './outcome.ts';
import { type Paint, PLAIN } from './paint.ts';
import type { Decision, DetailStep, HookStep, Outcome, PacketTrace, TraceStep } from './schema.ts';
import { durationText, placeOf, priorityText, ruleText, shortPlaces } from './words.ts';

export interface RenderOptions {
  readonly paint?: Paint;
  /** Show each rule that did not match, and the whole way of generated packets. Default false. */
  readonly all?: boolean;
  /** Goes in front of the packet's line, such as its number. */
  readonly title?: string;
}

/** A row of the spine: two columns and the lines that hang below the second. */
interface Row {
  readonly left: string;
  readonly name: string;
  readonly right: string;
  readonly below: readonly string[];
}

const HOOK_WIDTH = 12;

/** The whole trace, lines ended by newlines. */
export function renderTrace(trace: PacketTrace, options: RenderOptions = {}): string {
  const place = shortPlaces(filesOf(trace));
  const settings: DetailOptions = {
    paint: options.paint ?? PLAIN,
    all: options.all ?? false,
    place,
    shown: new Set(),
    nested: (child) => traceLines(child, settings, '').slice(1),
  };
  return `${traceLines(trace, settings, options.title ?? '').join('\n')}\n`;
}

/** Files of the rulesets a packet met. */
const filesOf = (trace: PacketTrace): string[] =>
  flatSteps(trace.steps).flatMap((step) => {
    if (step.kind === 'packet') return filesOf(step.trace);
    const source = step.kind === 'rule' ? step.rule.source : undefined;
    return source === undefined ? [] : [source.file];
  });

function traceLines(trace: PacketTrace, options: DetailOptions, title: string): string[] {
  const { paint } = options;
  const origin = trace.packet.in === undefined ? 'made here' : `in ${trace.packet.in}`;
  const head = `${title === '' ? '' : `${paint.cyan(title)}  `}${paint.bold(trace.packet.text)}`;
  const rows = trace.steps.flatMap((step) => rowsOf(step, options));
  return [
    head,
    `${paint.dim('│')} ${paint.dim(`${origin}, at ${durationText(trace.time)}`)}`,
    ...spine(rows, paint),
    `${paint.dim('└─')} ${outcomeText(trace.outcome, paint)}`,
  ];
}

function rowsOf(step: TraceStep, options: DetailOptions): Row[] {
  if (step.kind === 'hook') return [hookRow(step, options)];
  if (step.kind === 'packet') return [packetRow(step.trace, options)];
  if (!options.all && isDull(step)) return [];
  return [
    { left: labelOf(step), name: '', right: lineOf(step, options), below: restOf(step, options) },
  ];
}

const lineOf = (step: DetailStep, options: DetailOptions): string =>
  linesOf(step, options)[0] ?? '';

const restOf = (step: DetailStep, options: DetailOptions): string[] =>
  linesOf(step, options).slice(1);

function linesOf(step: DetailStep, options: DetailOptions): string[] {
  switch (step.kind) {
    case 'changed':
      return changeLines(step.changes, options.paint).map((d) => d.text);
    case 'rule':
    case 'chain':
    case 'policy':
    case 'conntrack':
    case 'packet':
      return detailLines([step], options);
    default:
      return [sentence(step, options.paint)];
  }
}

function hookRow(step: HookStep, options: DetailOptions): Row {
  const { paint } = options;
  const name = step.device === undefined ? step.name : `${step.name} (${step.device})`;
  const said = step.verdict === 'accept' ? '' : `  ${verdict(step.verdict, paint)}`;
  const changes: TraceStep[] =
    step.changes.length === 0 ? [] : [{ kind: 'changed', changes: step.changes }];
  return {
    left: step.hook,
    name,
    right: `${priorityText(step.priority).padStart(5)}${said}`,
    below: detailLines([...step.steps, ...changes], options),
  };
}

function packetRow(trace: PacketTrace, options: DetailOptions): Row {
  const left = causeOf(trace) === undefined ? 'packet' : 'answer';
  const below = options.all ? options.nested(trace) : [];
  return { left, name: '', right: packetText(trace, options.paint), below };
}

/** Steps that say nothing new: the head or the last line has it, or it is as expected. */
function isDull(step: DetailStep): boolean {
  switch (step.kind) {
    case 'receive':
    case 'local-out':
    case 'generated':
      return true;
    case 'neighbour':
      return step.mac !== undefined;
    case 'drop':
      return step.reason === 'NETFILTER_DROP';
    default:
      return false;
  }
}

/** Rows on the spine. A hook is named once for the functions that follow each other in it. */
function spine(rows: readonly Row[], paint: Paint): string[] {
  const width = Math.max(9, ...rows.map((row) => row.name.length));
  let current = '';
  return rows.flatMap(({ left, name, right, below }) => {
    const again = left === current && name !== '';
    current = left;
    const bar = paint.dim(again ? '│ ' : '├─');
    const word = (again ? '' : left).padEnd(HOOK_WIDTH);
    const label = name === '' ? '' : `${name.padEnd(width)} `;
    const head = `${bar} ${paint.cyan(word)} ${label}${right}`.trimEnd();
    const indent = ' '.repeat(HOOK_WIDTH + 4);
    return [head, ...below.map((line) => `${paint.dim('│')}${indent}${line}`)];
  });
}

const MARKS: Readonly<Record<Outcome['fate'], string>> = {
  forwarded: '✓',
  delivered: '✓',
  sent: '✓',
  dropped: '✗',
  queued: '⏸',
  held: '⏸',
  consumed: '•',
  passed: '✓',
};

/** `✗ dropped by gateway.nft:14  tcp dport 22 drop`. */
export function outcomeText(outcome: Outcome, paint: Paint = PLAIN): string {
  const { fate, devices, decision, where, depends } = outcome;
  const colour = fate === 'dropped' ? paint.red : MARKS[fate] === '✓' ? paint.green : paint.yellow;
  const out = devices.length === 0 ? '' : ` out ${devices.join(', ')}`;
  const by = decision === undefined ? '' : `  ${decisionText(decision, paint)}`;
  const at = fate === 'dropped' && where !== undefined ? paint.dim(`  in ${where}`) : '';
  const doubt = depends.length === 0 ? '' : paint.yellow(`  depends on ${depends.join(', ')}`);
  return `${colour(paint.bold(`${MARKS[fate]} ${fate}${out}`))}${by}${at}${doubt}`;
}

/** Who decided, with the place: `gateway.nft:14  tcp dport 22 drop`. */
export function decisionText(decision: Decision, paint: Paint = PLAIN): string {
  if (decision.by === 'stack') return decision.reason;
  if (decision.by === 'flowtable')
    return `past the rules by flowtable ${paint.cyan(decision.flowtable)}`;
  if (decision.by === 'rule')
    return `${paint.cyan(placeOf(decision.rule))}  ${ruleText(decision.rule)}`;
  const { family, table, chain } = decision;
  return `${paint.cyan(placeOf(decision))}  policy ${decision.verdict} of ${family} ${table} ${chain}`;
}
