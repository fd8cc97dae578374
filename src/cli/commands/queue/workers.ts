// Several queues that share the flows of one match: a process for each, which one slow or dead
// handler does not take down with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Failure } from '../../failure.ts';
import type { Beginning, QueueRequest, Running } from './live.ts';
import { type Numbers, together } from './report.ts';
import type { Screen } from './screen.ts';

interface Worker {
  readonly child: ChildProcess;
  readonly queue: number;
  numbers: Numbers | undefined;
  readonly listening: Promise<void>;
  readonly ended: Promise<number>;
}

/** The words that make this command again, for one queue. */
function wordsFor(request: QueueRequest, queue: number): string[] {
  const { binding, handler, args, netns, policy, deadline, ordered, record } = request;
  const words = ['queue', handler, '--num', `${queue}`, '--json', '--policy', policy];
  words.push('--deadline', `${deadline}`);
  if (!ordered) words.push('--unordered');
  if (netns !== undefined) words.push('--netns', netns);
  if (record !== undefined) words.push('--record', `${record}.${queue}`);
  if (binding.copy === 'meta') words.push('--copy', 'meta');
  if (binding.copyRange !== undefined) words.push('--copy', `${binding.copyRange}`);
  if (binding.maxLength !== undefined) words.push('--maxlen', `${binding.maxLength}`);
  if (binding.failOpen) words.push('--fail-open');
  if (binding.gso) words.push('--gso');
  if (binding.uidGid) words.push('--uid-gid');
  if (binding.conntrack) words.push('--conntrack');
  return [...words, '--', ...args];
}

function startWorker(request: QueueRequest, queue: number, screen: Screen): Worker {
  const program = [...process.execArgv, process.argv[1] ?? ''];
  const child = spawn(process.execPath, [...program, ...wordsFor(request, queue)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((done) => child.once('exit', (code) => done(code ?? 1)));
  let heard: () => void = () => {};
  const listening = new Promise<void>((resolve, reject) => {
    heard = resolve;
    void ended.then(() => reject(new Failure(`the worker of queue ${queue} ended`)));
  });
  const worker: Worker = { child, queue, numbers: undefined, listening, ended };
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { event, ...fields } = JSON.parse(line) as { event: string };
    if (event === 'listening') heard();
    else if (event === 'statistics' || event === 'stopped') worker.numbers = fields as Numbers;
    else screen.log(`queue ${queue}: ${JSON.stringify({ event, ...fields })}`);
  });
  return worker;
}

export async function runWorkers({ request, first, last, screen }: Beginning): Promise<Running> {
  const workers = Array.from({ length: last - first + 1 }, (_, i) =>
    startWorker(request, first + i, screen),
  );
  const signal = (name: NodeJS.Signals): void => {
    for (const { child } of workers) child.kill(name);
  };
  // Told a second time, a worker would end at once, with packets unanswered.
  let isStopping = false;
  const stop = (): void => {
    if (!isStopping) signal('SIGTERM');
    isStopping = true;
  };
  const allEnded = Promise.all(workers.map(({ ended }) => ended));
  try {
    await Promise.all(workers.map(({ listening }) => listening));
  } catch (error) {
    stop();
    await allEnded;
    throw error;
  }
  return {
    numbers: () => together(workers.flatMap(({ numbers }) => numbers ?? [])),
    reload: async () => signal('SIGHUP'),
    stop: async () => {
      stop();
      await allEnded;
    },
    finished: firstEnd(workers, stop),
  };
}

/** When one ends by itself its share of the flows has no handler: the others are told to stop. */
async function firstEnd(workers: readonly Worker[], stop: () => void): Promise<void> {
  const code = await Promise.race(workers.map(({ ended }) => ended));
  stop();
  const codes = await Promise.all(workers.map(({ ended }) => ended));
  const failed = code !== 0 ? code : codes.find((c) => c !== 0);
  if (failed !== undefined && failed !== 0) throw new Failure(`a worker ended with ${failed}`);
}
