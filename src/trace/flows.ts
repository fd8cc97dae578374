// What a flow table did, in words.
import type { UnmetHook } from '../core/index.ts';
import type { Paint } from './paint.ts';
import type { DetailStep } from './schema.ts';
import { priorityText } from './words.ts';

type FlowStep = Extract<DetailStep, { kind: 'flowtable' }>;

/** `reply of a flow, out eth0: no rule saw it`. */
export function flowSentence(step: FlowStep, paint: Paint): string {
  const { action, direction, device, flowtable, why } = step;
  switch (action) {
    case 'add':
      return `later packets go past the rules, by ${paint.bold(flowtable)}`;
    case 'forward':
      return `${direction} of a flow, out ${paint.bold(device ?? '')}`;
    case 'pass':
      return `${direction} of a flow, but it goes to the rules (${why ?? ''})`;
    case 'teardown':
      return `${direction} of a flow that ends here: it goes to the rules (${why ?? ''})`;
  }
}

/** The base chains that a packet never met, one a line; netfilter's own hooks in one. */
export function unmetLines({ unmet = [] }: FlowStep): readonly string[] {
  const chains = unmet.filter(({ type }) => type === 'chain');
  const others = unmet.filter(({ type }) => type !== 'chain');
  const names = [...new Set(others.map(({ name }) => name))];
  const width = Math.max(0, ...chains.map(({ name }) => name.length));
  return [
    ...chains.map((one) => chainLine(one, width)),
    ...(names.length === 0 ? [] : [names.join(', ')]),
  ];
}

function chainLine({ hook, device, name, priority, rules = 0 }: UnmetHook, width: number): string {
  const where = device === undefined ? hook : `${hook} ${device}`;
  const count = rules === 1 ? '1 rule' : `${rules} rules`;
  return `${where.padEnd(11)} ${name.padEnd(width)} ${priorityText(priority).padStart(5)}  ${count}`;
}
