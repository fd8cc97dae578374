// --queue of trace and replay: handlers from files on the queues of a firewall in this process.

import { setImmediate } from 'node:timers/promises';
import type { Firewall } from '../lab/index.ts';
import type { QueueRunner } from '../queue/index.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { loadHandler } from './handler-file.ts';
import type { Host } from './host.ts';

/** Turns of the event loop that handlers get for what is no matter of the clock. */
const TURNS = 8;

export interface HandlerQueues {
  /** Until handlers have answered, or wait for time to pass. */
  settle(): Promise<void>;
  /** Ends the handlers; what they hold is accepted. */
  stop(): Promise<void>;
}

function numberAndFile(text: string): [number, string] {
  const [, digits, file] = /^(\d{1,5})=(.+)$/.exec(text) ?? [];
  if (digits === undefined || file === undefined || Number(digits) > 0xffff)
    throw new Failure(`--queue ${text}: a number and a file are wanted: 0=handler.ts`, EXIT_USAGE);
  return [Number(digits), file];
}

/** @throws Failure for a file that holds no handler, or one that cannot be opened */
export async function handlerQueues(
  { queues }: Firewall,
  wanted: readonly string[],
  host: Host,
): Promise<HandlerQueues> {
  const runners: QueueRunner[] = [];
  for (const text of wanted) {
    const [num, file] = numberAndFile(text);
    const handler = await loadHandler(file, host);
    const log = (line: string): void => host.err(`${line}\n`);
    try {
      runners.push(await queues.listen(num, handler, { log }));
    } catch (error) {
      throw new Failure(`--queue ${text}: ${(error as Error).message}`);
    }
  }
  return {
    async settle() {
      for (let turn = 0; turn < TURNS && queues.waiting > 0; turn++) await setImmediate();
    },
    async stop() {
      for (const runner of runners) await runner.stop();
    },
  };
}
