/** What happened to a packet: collected while it walks, as data and as text. */

export { fieldsBetween } from './changes.ts';
export { type CollectorOptions, TraceCollector } from './collector.ts';
export { causeOf } from './details.ts';
export { explain, type Subject } from './explain.ts';
export { flatSteps, outcomeOf } from './outcome.ts';
export { type Paint, PLAIN } from './paint.ts';
export { decisionText, outcomeText, type RenderOptions, renderTrace } from './render.ts';
export type {
  Decision,
  DetailStep,
  FieldChange,
  HookStep,
  Outcome,
  PacketTrace,
  RuleStep,
  TraceStep,
} from './schema.ts';
export { TRACE_SCHEMA } from './schema.ts';
export { durationText, placeOf, priorityText, ruleText } from './words.ts';
