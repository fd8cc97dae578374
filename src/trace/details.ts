// The lines under a hook: what each step says in words.
import type { ConntrackSnapshot } from '../core/index.ts';
import { flowSentence, unmetLines } from './flows.ts';
import { expectationSentence, helperSentence, seqadjSentence } from './helping.ts';
import type { Paint } from './paint.ts';
import type {
  DetailStep,
  FieldChange,
  HookStep,
  PacketTrace,
  RuleStep,
  TraceStep,
} from './schema.ts';
import { type PlaceText, priorityText, ruleText } from './words.ts';

export interface DetailOptions {
  readonly paint: Paint;
  /** Show everything: each rule that did not match, and the ways of generated packets. */
  readonly all: boolean;
  /** Writes a place in a file. */
  readonly place: PlaceText;
  /** Conntrack entries that were printed already; each is printed once. */
  readonly shown: Set<string>;
  /** The way of a packet that was made on the way. */
  readonly nested: (trace: PacketTrace) => string[];
}

/** Runs of rules that did not match are shown one by one up to this length. */
const SHORT_RUN = 5;

interface Detail {
  /** What stands in the left column: a place in a file, or a word. */
  readonly label: string;
  readonly text: string;
  /** Begins in the left column. */
  readonly wide?: boolean;
}

const isMiss = (step: TraceStep): step is RuleStep => step.kind === 'rule' && !step.matched;

/** Lines for the steps of one hook, labels aligned, jumps indented. */
export function detailLines(steps: readonly TraceStep[], options: DetailOptions): string[] {
  const details = detailsOf(steps, options);
  const width = Math.max(0, ...details.map((d) => d.label.length));
  const { dim } = options.paint;
  return details.map(({ label, text, wide }) =>
    wide ? text : `${dim(label.padEnd(width))}  ${text}`.trimEnd(),
  );
}

/** What an expression does on its way, which is told before the rule it belongs to has ended. */
const EFFECTS: ReadonlySet<TraceStep['kind']> = new Set<TraceStep['kind']>([
  'nat',
  'flowtable',
  'log',
  'generated',
  'packet',
  'note',
  'depends',
]);

/** The steps with the effects of a rule behind it. */
function rulesFirst(steps: readonly TraceStep[]): TraceStep[] {
  const ordered: TraceStep[] = [];
  let effects: TraceStep[] = [];
  for (const step of steps) {
    if (EFFECTS.has(step.kind)) effects.push(step);
    else {
      ordered.push(...(step.kind === 'rule' ? [step, ...effects] : [...effects, step]));
      effects = [];
    }
  }
  return [...ordered, ...effects];
}

/** NAT tells what a rule decided, and then what it does to the packet: mostly the same. */
const isRepeated = (step: TraceStep, before: TraceStep | undefined): boolean =>
  step.kind === 'nat' &&
  before?.kind === 'nat' &&
  step.manip === before.manip &&
  step.from === before.from &&
  step.to === before.to;

function detailsOf(unordered: readonly TraceStep[], options: DetailOptions): Detail[] {
  const steps = rulesFirst(unordered).filter((step, i, all) => !isRepeated(step, lastNat(all, i)));
  const details: Detail[] = [];
  let depth = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) continue;
    if (step.kind === 'chain' && step.how === 'return') depth = Math.max(0, depth - 1);
    const run = isMiss(step) ? missesFrom(steps, i) : [];
    const collapsed = !options.all && run.length > SHORT_RUN;
    const lines = collapsed ? [collapse(run, options)] : describe(step, options);
    if (collapsed) i += run.length - 1;
    for (const line of lines) details.push({ ...line, text: '  '.repeat(depth) + line.text });
    if (step.kind === 'chain' && step.how === 'jump') depth++;
  }
  return details;
}

/** The step before, or the last one inside the chain before. */
function lastNat(steps: readonly TraceStep[], at: number): TraceStep | undefined {
  const before = steps[at - 1];
  return before?.kind === 'hook' ? before.steps.findLast((s) => s.kind === 'nat') : before;
}

/** A chain that NAT runs inside its own hook. */
function innerHook(step: HookStep, options: DetailOptions): Detail[] {
  const said = step.verdict === 'accept' ? '' : `  ${verdict(step.verdict, options.paint)}`;
  const priority = priorityText(step.priority);
  const head = { label: '', text: `${step.name} ${priority}${said}`, wide: true };
  return [head, ...detailsOf(step.steps, options)];
}

/** The rules that did not match from `at` on, as far as nothing else happens between them. */
function missesFrom(steps: readonly TraceStep[], at: number): RuleStep[] {
  const run: RuleStep[] = [];
  for (let i = at; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined || !isMiss(step)) break;
    run.push(step);
  }
  return run;
}

function collapse(run: readonly RuleStep[], { paint, place }: DetailOptions): Detail {
  const [first, last] = [run[0]?.rule, run.at(-1)?.rule];
  const from = first === undefined ? '' : place(first);
  const to = last?.source === undefined ? '' : `-${last.source.line}`;
  const sameFile = first?.source?.file === last?.source?.file;
  return {
    label: sameFile ? `${from}${to}` : from,
    text: paint.dim(`… ${run.length} rules did not match`),
  };
}

function describe(step: TraceStep, options: DetailOptions): Detail[] {
  const { paint, place } = options;
  switch (step.kind) {
    case 'hook':
      return innerHook(step, options);
    case 'rule':
      return [{ label: place(step.rule), text: ruleLine(step, paint) }];
    case 'chain':
      return chainLine(step, paint);
    case 'policy': {
      const text = `policy ${verdict(step.verdict, paint)}`;
      return [{ label: place(step), text }];
    }
    case 'conntrack':
      return conntrackLines(step, options);
    case 'changed':
      return changeLines(step.changes, paint);
    case 'packet':
      return packetLines(step, options);
    case 'flowtable':
      return flowLines(step, options);
    default:
      return [{ label: LABELS[step.kind], text: sentence(step, paint) }];
  }
}

function ruleLine(step: RuleStep, paint: Paint): string {
  const text = ruleText(step.rule);
  if (!step.matched) {
    const because = step.because === undefined ? '' : `   ${paint.yellow(step.because)}`;
    return `${paint.dim(`✗ ${text}`)}${because}`;
  }
  const said = step.verdict === undefined || text.includes(step.verdict.split(' ')[0] ?? '');
  const end = said ? '' : `   ${paint.dim('⇒')} ${verdict(step.verdict ?? '', paint)}`;
  return `${paint.green('✓')} ${paint.bold(text)}${end}`;
}

/** The base chain is named by its hook; a jump's rule names the chain it goes to. */
function chainLine(step: Extract<DetailStep, { kind: 'chain' }>, paint: Paint): Detail[] {
  if (step.how === 'base') return [];
  const arrow = step.how === 'return' ? '↩' : '↪';
  return [{ label: '', text: paint.dim(`${arrow} ${step.how} ${step.chain}`) }];
}

/** A verdict in its colour. */
export function verdict(text: string, paint: Paint): string {
  if (/^(drop|reject)/.test(text)) return paint.red(text);
  if (/^(accept|stop)/.test(text)) return paint.green(text);
  return paint.yellow(text);
}

function conntrackLines(
  step: Extract<DetailStep, { kind: 'conntrack' }>,
  options: DetailOptions,
): Detail[] {
  const { action, state, direction, why } = step;
  const { paint } = options;
  const isSaid = action === 'confirm' || action === state.toLowerCase();
  const words =
    action === 'confirm'
      ? 'confirmed'
      : [isSaid ? '' : action, paint.magenta(state), direction ?? '']
          .filter((w) => w !== '')
          .join(' ');
  const first: Detail = { label: 'ct', text: why === undefined ? words : `${words} (${why})` };
  return [first, ...entryLines(step.before, step.after, options)];
}

function entryLines(
  before: ConntrackSnapshot | undefined,
  after: ConntrackSnapshot | undefined,
  { paint, shown }: DetailOptions,
): Detail[] {
  const isNew = after !== undefined && !shown.has(after.text);
  for (const entry of [before, after]) if (entry !== undefined) shown.add(entry.text);
  if (before !== undefined && after !== undefined && before.text !== after.text)
    return [
      { label: '', text: paint.dim(`before ${before.text}`) },
      { label: '', text: `after  ${after.text}` },
    ];
  return isNew ? [{ label: '', text: after.text }] : [];
}

/** What the flow table did, its entry, and which base chains the packet never met. */
function flowLines(
  step: Extract<DetailStep, { kind: 'flowtable' }>,
  options: DetailOptions,
): Detail[] {
  const { paint } = options;
  const past = unmetLines(step).map((text, i) => ({
    label: i === 0 ? 'unmet' : '',
    text: paint.dim(text),
  }));
  return [
    { label: LABELS.flowtable, text: flowSentence(step, paint) },
    ...entryLines(undefined, step.entry, options),
    ...past,
  ];
}

/** Changed fields in one line; checksums only say that they followed. */
export function changeLines(changes: readonly FieldChange[], paint: Paint): Detail[] {
  const told = changes.filter((c) => !c.field.endsWith('checksum'));
  const parts = told.map((c) => `${c.field} ${c.before} → ${paint.bold(c.after)}`);
  if (told.length < changes.length) parts.push(paint.dim('checksums'));
  return parts.length === 0 ? [] : [{ label: 'changed', text: parts.join(paint.dim(', ')) }];
}

/** Why a packet was made, where that is known: `icmp admin-prohibited`, `tcp reset`. */
export function causeOf(trace: PacketTrace): string | undefined {
  const first = trace.steps[0];
  return first?.kind === 'generated' ? first.what : undefined;
}

/** A packet made on the way in one line, or with its whole way. */
export function packetText(trace: PacketTrace, paint: Paint): string {
  const cause = causeOf(trace);
  const out = trace.outcome.devices.length === 0 ? '' : ` out ${trace.outcome.devices.join(', ')}`;
  const what = cause === undefined ? '' : `${paint.magenta(cause)}   `;
  return `${what}${trace.packet.text}   ${paint.dim(`${trace.outcome.fate}${out}`)}`;
}

function packetLines(
  { trace }: Extract<DetailStep, { kind: 'packet' }>,
  { paint, all, nested }: DetailOptions,
): Detail[] {
  const label = causeOf(trace) === undefined ? 'packet' : 'answer';
  const below = all ? nested(trace).map((text) => ({ label: '', text })) : [];
  return [{ label, text: packetText(trace, paint) }, ...below];
}

type Rest = Exclude<
  DetailStep,
  { kind: 'rule' | 'chain' | 'policy' | 'conntrack' | 'changed' | 'packet' }
>;

const LABELS: Readonly<Record<Rest['kind'], string>> = {
  receive: 'receive',
  'local-out': 'output',
  log: 'log',
  nat: 'nat',
  expectation: 'expect',
  helper: 'helper',
  queue: 'queue',
  flowtable: 'flow',
  seqadj: 'seqadj',
  route: 'route',
  defrag: 'defrag',
  fragment: 'fragment',
  neighbour: 'neighbour',
  generated: 'made',
  depends: 'depends',
  note: 'note',
  drop: 'drop',
  deliver: 'deliver',
  transmit: 'transmit',
};

/** The left column of a step that is no hook. */
export const labelOf = (step: DetailStep): string =>
  step.kind in LABELS ? LABELS[step.kind as Rest['kind']] : step.kind;

const because = (why: string | undefined): string => (why === undefined ? '' : ` (${why})`);

/** What a step says, without its label. */
export function sentence(step: Rest, paint: Paint): string {
  switch (step.kind) {
    case 'receive':
      return `on ${step.device}`;
    case 'local-out':
      return 'made here';
    case 'log':
      return `${paint.cyan(step.text)}${step.group === undefined ? '' : ` to group ${step.group}`}`;
    case 'nat':
      return natSentence(step, paint);
    case 'expectation':
      return expectationSentence(step, paint);
    case 'helper':
      return helperSentence(step, paint);
    case 'queue':
      return `${step.num} answered ${step.verdict}${step.edited ? ', with another packet' : ''}`;
    case 'flowtable':
      return flowSentence(step, paint);
    case 'seqadj':
      return seqadjSentence(step);
    case 'route':
      return routeSentence(step, paint);
    case 'defrag':
      return `${step.action}${because(step.why)}`;
    case 'fragment':
      return `${step.count} fragments for an MTU of ${step.mtu}`;
    case 'neighbour':
      return `${step.address} ${step.mac === undefined ? '' : `at ${step.mac} `}${step.state}`;
    case 'generated':
      return `${paint.magenta(step.what)}   ${step.text}`;
    case 'depends':
      return paint.yellow(`on ${step.on}, which cannot be evaluated`);
    case 'note':
      return step.text;
    case 'drop':
      return `${paint.red(step.reason)} in ${step.where}`;
    case 'deliver':
      return step.socket === undefined ? `to protocol ${step.protocol}` : `to ${step.socket}`;
    case 'transmit':
      return `on ${paint.bold(step.device)}   ${step.text}`;
  }
}

function natSentence(step: Extract<DetailStep, { kind: 'nat' }>, paint: Paint): string {
  const what = step.manip === 'src' ? 'source' : 'destination';
  if (step.from === undefined || step.to === undefined || step.from === step.to)
    return paint.dim(`${what} not translated${because(step.why)}`);
  return `${what} ${step.from} → ${paint.bold(step.to)}${because(step.why)}`;
}

function routeSentence(step: Extract<DetailStep, { kind: 'route' }>, paint: Paint): string {
  const out = step.device === undefined ? '' : ` out ${paint.bold(step.device)}`;
  const via = step.gateway === undefined ? '' : ` via ${step.gateway}`;
  const route = step.route === undefined ? '' : paint.dim(`   ${step.route}`);
  return `${step.result}${out}${via}${route}${because(step.why)}`;
}
