// Answers of handlers as the kernel's numbers.

import {
  NF_ACCEPT,
  NF_DROP,
  NF_QUEUE,
  NF_REPEAT,
  NF_STOP,
  NF_VERDICT_FLAG_QUEUE_BYPASS,
  NF_VERDICT_MASK,
} from '../uapi/index.ts';

export type VerdictName = 'accept' | 'drop' | 'repeat' | 'stop' | 'queue';

const NAMES: readonly (VerdictName | undefined)[] = [
  'drop',
  'accept',
  undefined,
  'queue',
  'repeat',
  'stop',
];

/** The word for a verdict number. */
export const verdictName = (verdict: number): VerdictName =>
  NAMES[verdict & NF_VERDICT_MASK] ?? 'drop';

/** The queue a verdict of NF_QUEUE sends the packet to. */
export const verdictQueue = (verdict: number): number => verdict >>> 16;

/** The verdict's number (NF_*), or -1 for what is no answer. */
export function verdictOf(answer: unknown): number {
  switch (answer) {
    case undefined:
    case 'accept':
      return NF_ACCEPT;
    case 'drop':
      return NF_DROP;
    case 'repeat':
      return NF_REPEAT;
    case 'stop':
      return NF_STOP;
    default:
      return toQueue(answer);
  }
}

/** NF_QUEUE_NR */
function toQueue(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null || !('queue' in answer)) return -1;
  const { queue, bypass } = answer as { queue: unknown; bypass?: unknown };
  if (typeof queue !== 'number' || !Number.isInteger(queue) || queue < 0 || queue > 0xffff)
    return -1;
  const flag = bypass === true ? NF_VERDICT_FLAG_QUEUE_BYPASS : 0;
  return ((queue << 16) | flag | NF_QUEUE) >>> 0;
}
