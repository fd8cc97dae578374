// A queue that nobody has, for rules of sluice's own.

import { readFileSync } from 'node:fs';
import { type Namespace, within } from '../../../linux/index.ts';
import { Failure } from '../../failure.ts';

const FILE = '/proc/thread-self/net/netfilter/nfnetlink_queue';
/** Out of the way of numbers that people give. */
const FIRST = 7000;
const LAST = 0xffff;

/** The first of `count` numbers in a row that are not taken. */
export function freeQueue(count: number, namespace: Namespace | undefined): number {
  const read = (): string => readFileSync(FILE, 'latin1');
  const taken = new Set(takenIn(within(namespace, read)));
  for (let first = FIRST; first + count <= LAST; first += count) {
    const numbers = Array.from({ length: count }, (_, i) => first + i);
    if (!numbers.some((n) => taken.has(n))) return first;
  }
  throw new Failure(`no ${count} free queues in a row`);
}

const takenIn = (text: string): number[] =>
  text.split('\n').flatMap((line) => {
    const [number = ''] = line.trim().split(/\s+/);
    return number === '' ? [] : [Number(number)];
  });
