// What became of a packet, and who decided it: read off the steps of its trace.
import type { Decision, DetailStep, HookStep, Outcome, TraceStep } from './schema.ts';

/** Verdicts that go on within the ruleset, and so decide nothing yet. */
const GOES_ON = /^(jump|goto|return|continue|break)\b/;

/** The rule or policy that gave a hook its verdict. */
export function decisionOf(hook: HookStep): Decision | undefined {
  for (const step of hook.steps.toReversed()) {
    if (step.kind === 'hook') {
      const inner = decisionOf(step);
      if (inner !== undefined) return inner;
    }
    if (step.kind === 'policy') return { by: 'policy', ...omitKind(step) };
    if (step.kind !== 'rule' || step.verdict === undefined || GOES_ON.test(step.verdict)) continue;
    return { by: 'rule', rule: step.rule, verdict: step.verdict };
  }
  return undefined;
}

type PolicyStep = Extract<DetailStep, { kind: 'policy' }>;

const omitKind = ({ family, table, chain, verdict, source }: PolicyStep) => ({
  family,
  table,
  chain,
  verdict,
  ...(source === undefined ? {} : { source }),
});

const nameOf = (hook: HookStep): string => `${hook.family} ${hook.hook}, ${hook.name}`;

const isHook = (step: TraceStep): step is HookStep => step.kind === 'hook';

/** All steps, those inside hooks too, in order. */
export const flatSteps = (steps: readonly TraceStep[]): DetailStep[] =>
  steps.flatMap((step) => (step.kind === 'hook' ? flatSteps(step.steps) : [step]));

type Fate = Outcome['fate'];

function fateOf(steps: readonly TraceStep[], details: readonly DetailStep[], reason: string): Fate {
  const verdict = steps.findLast(isHook)?.verdict ?? '';
  const has = (kind: DetailStep['kind']): boolean => details.some((d) => d.kind === kind);
  if (verdict === 'drop' || has('drop')) return 'dropped';
  if (has('transmit')) return has('receive') ? 'forwarded' : 'sent';
  if (has('deliver')) return 'delivered';
  if (verdict.startsWith('queue')) return reason === '' ? 'queued' : 'dropped';
  if (reason !== '') return 'dropped';
  if (details.some((d) => d.kind === 'defrag' && d.action === 'queued')) return 'held';
  if (details.at(-1)?.kind === 'neighbour') return 'held';
  return 'consumed';
}

/** The flowtable that a packet took its way by. */
function shortcut(steps: readonly DetailStep[]): Decision | undefined {
  const step = steps.find((s) => s.kind === 'flowtable' && s.action === 'forward');
  return step?.kind === 'flowtable' ? { by: 'flowtable', flowtable: step.flowtable } : undefined;
}

/** The last say on a packet that got through: the filter of its path, before any chain beside it. */
function acceptance(hooks: readonly HookStep[]): Decision | undefined {
  const filters = hooks.filter((h) => ['input', 'forward', 'output'].includes(h.hook));
  for (const group of [filters, hooks]) {
    const decisions = group.map(decisionOf).filter((d) => d !== undefined);
    const decision = decisions.findLast((d) => d.by === 'rule') ?? decisions.at(-1);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

/** @param reason the packet's drop reason, or '' */
export function outcomeOf(steps: readonly TraceStep[], reason: string): Outcome {
  const details = flatSteps(steps);
  const hooks = steps.filter(isHook);
  const fate = fateOf(steps, details, reason);
  const last = hooks.at(-1);
  const stopped =
    last !== undefined && ['drop', 'stolen'].includes(last.verdict) ? last : undefined;
  const drop = details.findLast((d) => d.kind === 'drop');
  const decision =
    fate === 'dropped'
      ? refusal(stopped, drop?.reason ?? reason)
      : (shortcut(details) ?? acceptance(hooks));
  const where = stopped === undefined ? drop?.where : nameOf(stopped);
  const why = drop?.reason ?? reason;
  return {
    fate,
    devices: [...new Set(details.flatMap((d) => (d.kind === 'transmit' ? [d.device] : [])))],
    ...(decision === undefined ? {} : { decision }),
    ...(where === undefined ? {} : { where }),
    ...(why === '' ? {} : { reason: why }),
    depends: [...new Set(details.flatMap((d) => (d.kind === 'depends' ? [d.on] : [])))],
  };
}

function refusal(stopped: HookStep | undefined, reason: string): Decision | undefined {
  const decision = stopped === undefined ? undefined : decisionOf(stopped);
  if (decision !== undefined) return decision;
  return reason === '' ? undefined : { by: 'stack', reason };
}
