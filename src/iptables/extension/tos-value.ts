// Types of service by name (tos_values.c; RFC 1349).

import { wrong } from './context.ts';
import { number } from './values.ts';

export interface TosValue {
  readonly value: number;
  readonly mask: number;
}

const NAMES = new Map<string, number>([
  ['minimize-delay', 0x10],
  ['maximize-throughput', 0x08],
  ['maximize-reliability', 0x04],
  ['minimize-cost', 0x02],
  ['normal-service', 0x00],
]);
/** The names are about the field without its precedence. */
const NAME_MASK = 0x3f;

/** `value`, `value/mask` or a name. @throws XtError */
export function tosValue(word: string, defaultMask: number): TosValue {
  const named = NAMES.get(word.toLowerCase());
  if (named !== undefined) return { value: named, mask: NAME_MASK };
  const [low = '', high, ...more] = word.split('/');
  const value = number(low);
  const mask = high === undefined ? defaultMask : number(high);
  if (value === undefined || value > 0xff) return wrong(`type of service "${word}" is unknown`);
  if (mask === undefined || mask > 0xff || more.length > 0) return wrong(`bad mask in "${word}"`);
  return { value, mask };
}

const SPELLED = [
  'Minimize-Delay',
  'Maximize-Throughput',
  'Maximize-Reliability',
  'Minimize-Cost',
  'Normal-Service',
];

/** The name that means this value and mask. */
export const tosName = ({ value, mask }: TosValue): string | undefined =>
  mask === NAME_MASK ? SPELLED.find((name) => NAMES.get(name.toLowerCase()) === value) : undefined;
