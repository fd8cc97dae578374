// The lines under a hook: what each step says in words.
import type { ConntrackSnapshot } from '../core/index.ts';
import type { Paint } from './paint.ts';
import type { DetailStep, FieldChange, HookStep, RuleStep, TraceStep } from './schema.ts';
import { placeOf, priorityText, ruleText } from './words.ts';

export interface DetailOptions {
  readonly paint: Paint;
  /** Show everything: each rule that did not match, and the ways of generated packets. */
  readonly all: boolean;
}

/** Runs of rules that did not match are shown one by one up to this length. */
const SHORT_RUN = 3;

interface Detail {
  /** What stands in the left column: a place in a file, or a word. */
  readonly label: string;
  readonly text: string;
}

const isMiss = (step: TraceStep): step is RuleStep => step.kind === 'rule' && !step.matched;

/** Lines for the steps of one hook, labels aligned, jumps indented. */
export function detailLines(steps: readonly TraceStep[], options: DetailOptions): string[] {
  const details = detailsOf(steps, options);
  const width = Math.max(0, ...details.map((d) => d.label.length));
  const { dim } = options.paint;
  return details.map(({ label, text }) => `${dim(label.padEnd(width))}  ${text}`.trimEnd());
}

function detailsOf(steps: readonly TraceStep[], options: DetailOptions): Detail[] {
  const details: Detail[] = [];
  let depth = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) continue;
    if (step.kind === 'chain' && step.how === 'return') depth = Math.max(0, depth - 1);
    const run = isMiss(step) ? missesFrom(steps, i) : [];
    const collapsed = !options.all && run.length > SHORT_RUN;
    const lines = collapsed ? [collapse(run, options.paint)] : describe(step, options);
    if (collapsed) i += run.length - 1;
    for (const line of lines) details.push({ ...line, text: '  '.repeat(depth) + line.text });
    if (step.kind === 'chain' && step.how === 'jump') depth++;
  }
  return details;
}

/** A chain that NAT runs inside its own hook. */
function innerHook(step: HookStep, options: DetailOptions): Detail[] {
  const said = step.verdict === 'accept' ? '' : `  ${verdict(step.verdict, options.paint)}`;
  const head = { label: '', text: `${step.name} ${priorityText(step.priority)}${said}` };
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

function collapse(run: readonly RuleStep[], paint: Paint): Detail {
  const [first, last] = [run[0]?.rule, run.at(-1)?.rule];
  const from = first === undefined ? '' : placeOf(first);
  const to = last?.source === undefined ? '' : `-${last.source.line}`;
  const sameFile = first?.source?.file === last?.source?.file;
  return {
    label: sameFile ? `${from}${to}` : from,
    text: paint.dim(`… ${run.length} rules did not match`),
  };
}

function describe(step: TraceStep, options: DetailOptions): Detail[] {
  const { paint } = options;
  switch (step.kind) {
    case 'hook':
      return innerHook(step, options);
    case 'rule':
      return [{ label: placeOf(step.rule), text: ruleLine(step, paint) }];
    case 'chain':
      return chainLine(step, paint);
    case 'policy': {
      const text = `policy ${verdict(step.verdict, paint)}`;
      return [{ label: placeOf(step), text }];
    }
    case 'conntrack':
      return conntrackLines(step, paint);
    case 'changed':
      return changeLines(step.changes, paint);
    case 'packet':
      return packetLines(step, paint);
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

function conntrackLines(step: Extract<DetailStep, { kind: 'conntrack' }>, paint: Paint): Detail[] {
  const { action, state, direction, before, after, why } = step;
  const words = [
    action === state.toLowerCase() ? '' : action,
    paint.magenta(state),
    direction ?? '',
  ]
    .filter((word) => word !== '')
    .join(' ');
  const first: Detail = { label: 'ct', text: why === undefined ? words : `${words} (${why})` };
  return [first, ...entryLines(before, after, paint)];
}

function entryLines(
  before: ConntrackSnapshot | undefined,
  after: ConntrackSnapshot | undefined,
  paint: Paint,
): Detail[] {
  if (before !== undefined && after !== undefined && before.text !== after.text)
    return [
      { label: '', text: paint.dim(`before ${before.text}`) },
      { label: '', text: `after  ${after.text}` },
    ];
  const entry = after ?? before;
  return entry === undefined ? [] : [{ label: '', text: entry.text }];
}

/** Changed fields in one line; checksums only say that they followed. */
export function changeLines(changes: readonly FieldChange[], paint: Paint): Detail[] {
  const told = changes.filter((c) => !c.field.endsWith('checksum'));
  const parts = told.map((c) => `${c.field} ${c.before} → ${paint.bold(c.after)}`);
  if (told.length < changes.length) parts.push(paint.dim('checksums'));
  return parts.length === 0 ? [] : [{ label: 'changed', text: parts.join(paint.dim(', ')) }];
}

function packetLines(step: Extract<DetailStep, { kind: 'packet' }>, paint: Paint): Detail[] {
  const { packet, outcome } = step.trace;
  const out = outcome.devices.length === 0 ? '' : ` out ${outcome.devices.join(', ')}`;
  return [{ label: 'packet', text: `${packet.text}   ${paint.dim(`${outcome.fate}${out}`)}` }];
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
  route: 'route',
  defrag: 'defrag',
  fragment: 'fragment',
  neighbour: 'neighbour',
  generated: 'reply',
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
      return `to protocol ${step.protocol}`;
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
