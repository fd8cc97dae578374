// What the annotated capture says of a packet: verdict, rule, state, translation.
import { causeOf, flatSteps, outcomeText, type PacketTrace } from '../trace/index.ts';

/** A few lines, the verdict first. */
export function packetComment(trace: PacketTrace): string {
  const lines = [outcomeText(trace.outcome)];
  for (const step of flatSteps(trace.steps)) {
    if (step.kind === 'conntrack' && step.action !== 'confirm')
      lines.push(`ct ${step.state}${step.direction === undefined ? '' : ` ${step.direction}`}`);
    if (step.kind === 'nat' && step.from !== undefined && step.from !== step.to)
      lines.push(`nat ${step.manip} ${step.from} → ${step.to ?? '?'}`);
    const cause = step.kind === 'packet' ? causeOf(step.trace) : undefined;
    if (cause !== undefined) lines.push(`answered with ${cause}`);
  }
  return [...new Set(lines)].join('\n');
}
