// What helpers did to a packet and to the connections they expect, as sentences.

import type { TraceEvent } from '../core/index.ts';
import type { Paint } from './paint.ts';

type Of<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

/** The line of `conntrack -L` without protocol number and time: which connection that was. */
const connection = (text: string): string =>
  text === '' ? '' : ` of ${/src=\S+ dst=\S+( sport=\S+ dport=\S+)?/.exec(text)?.[0] ?? text}`;

export function expectationSentence(step: Of<'expectation'>, paint: Paint): string {
  const why = step.why === undefined ? '' : ` (${step.why})`;
  const helper = step.helper === '' ? '' : ` by ${step.helper}`;
  return `${paint.cyan(step.action)} ${step.expects}${helper}${connection(step.master.text)}${why}`;
}

export function helperSentence(step: Of<'helper'>, paint: Paint): string {
  const change = step.from === undefined ? '' : `   ${paint.dim(step.from)} → ${step.to ?? ''}`;
  return `${step.helper} ${step.action} ${step.text}${change}`;
}

const signed = (by: number): string => (by < 0 ? String(by) : `+${by}`);

export const seqadjSentence = ({ seq, ack }: Of<'seqadj'>): string =>
  `seq ${signed(seq)}, ack ${signed(ack)}`;
