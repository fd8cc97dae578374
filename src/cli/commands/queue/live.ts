// `sluice queue` on the running kernel.

import {
  loadLibc,
  type Namespace,
  QueueSocket,
  systemClock,
  Watchdog,
} from '../../../linux/index.ts';
import {
  type Cause,
  type HandlerModule,
  type QueuedPacket,
  QueueRunner,
  verdictOf,
} from '../../../queue/index.ts';
import { EXIT_INPUT, EXIT_OK, EXIT_USAGE, Failure } from '../../failure.ts';
import { loadHandler } from '../../handler-file.ts';
import type { Host } from '../../host.ts';
import { openNamespace } from '../../log-groups.ts';
import { PacketFile } from '../../packet-file.ts';
import { freeQueue } from './free-queue.ts';
import { serveMetrics } from './metrics.ts';
import { recordPacket } from './record.ts';
import { type Numbers, numbersOf } from './report.ts';
import { QueueRules } from './rules.ts';
import { Screen } from './screen.ts';
import { runWorkers } from './workers.ts';

type Binding = Omit<ConstructorParameters<typeof QueueSocket>[1], 'queue'>;

export interface QueueRequest {
  readonly handler: string;
  readonly args: readonly string[];
  readonly queues: readonly [number, number] | undefined;
  readonly match: string | undefined;
  readonly hooks: readonly string[];
  readonly priority: number;
  readonly bypass: boolean;
  readonly workers: number | undefined;
  readonly netns: string | undefined;
  readonly policy: 'accept' | 'drop';
  /** Milliseconds. */
  readonly deadline: number;
  readonly ordered: boolean;
  readonly record: string | undefined;
  readonly metrics: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly binding: Binding;
}

/** What goes on while packets are taken: one queue here, or several in processes of their own. */
export interface Running {
  numbers(): Numbers;
  reload(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when it has ended, by itself or stopped; rejects when it failed. */
  readonly finished: Promise<void>;
}

const INTERVAL = 1000;

export async function queue(request: QueueRequest, host: Host): Promise<number> {
  const module = await loadHandler(request.handler, host);
  const match = request.match ?? (request.queues === undefined ? module.match : undefined);
  if (match === undefined && request.queues === undefined)
    throw new Failure('which packets? --match says it, or --num with rules of yours', EXIT_USAGE);
  const libc = await loadLibc();
  const namespace = request.netns === undefined ? undefined : openNamespace(libc, request.netns);
  const [first, last] = queuesOf(request, namespace);
  const screen = new Screen(request, host);
  const running = await begin({ request, module, libc, namespace, first, last, screen, host });
  let rules: QueueRules | undefined;
  try {
    if (match !== undefined)
      rules = new QueueRules(libc, { ...request, match, first, last }, namespace);
  } catch (error) {
    await running.stop();
    throw error;
  }
  screen.listening(first, last, match, rules?.families);
  return attend(request, running, rules, screen, first);
}

type Libc = Awaited<ReturnType<typeof loadLibc>>;

function queuesOf(request: QueueRequest, namespace: Namespace | undefined): [number, number] {
  const { queues, workers } = request;
  if (queues === undefined) {
    const count = workers ?? 1;
    const first = freeQueue(count, namespace);
    return [first, first + count - 1];
  }
  const [first, last] = queues;
  if (workers === undefined) return [first, last];
  if (first !== last && workers !== last - first + 1)
    throw new Failure(`${workers} workers for queues ${first} to ${last}`, EXIT_USAGE);
  return [first, first + workers - 1];
}

export interface Beginning {
  readonly request: QueueRequest;
  readonly module: HandlerModule;
  readonly libc: Libc;
  readonly namespace: Namespace | undefined;
  readonly first: number;
  readonly last: number;
  readonly screen: Screen;
  readonly host: Host;
}

const begin = (beginning: Beginning): Promise<Running> =>
  beginning.first === beginning.last ? runHere(beginning) : runWorkers(beginning);

/** One queue, in this process. */
async function runHere(beginning: Beginning): Promise<Running> {
  const { request, module, libc, namespace, first, screen, host } = beginning;
  const { record, policy, deadline, ordered, args } = request;
  const recording = record === undefined ? undefined : await PacketFile.create(record, host);
  const transport = bind(libc, { ...request.binding, queue: first }, namespace);
  const verdict = verdictOf(policy);
  const watchdog = new Watchdog({ fd: transport.fd, queue: first, verdict, deadline });
  transport.watchdog = watchdog;
  const runner = new QueueRunner({
    handler: module,
    transport,
    clock: systemClock(),
    policy,
    deadline,
    ordered,
    args,
    log: (text) => screen.log(text),
    observer: {
      ...(recording && { received: (packet: QueuedPacket) => recordPacket(recording, packet) }),
      failed: (packet: QueuedPacket, cause: Cause, error: unknown) =>
        screen.failure(packet, cause, error),
    },
  });
  const clean = async (): Promise<void> => {
    await watchdog.close();
    await recording?.close();
  };
  try {
    await runner.start();
  } catch (error) {
    transport.close();
    await clean();
    throw new Failure(`${request.handler}: open() failed: ${(error as Error).message}`);
  }
  return {
    numbers: () => {
      transport.refresh();
      recording?.flush();
      const numbers = numbersOf(runner.statistics, transport.waiting);
      return { ...numbers, losses: { ...numbers.losses, rescues: watchdog.rescues } };
    },
    reload: () => runner.reload(),
    stop: () => runner.stop(),
    finished: runner.finished.finally(clean),
  };
}

function bind(
  libc: Libc,
  options: Binding & { queue: number },
  namespace?: Namespace,
): QueueSocket {
  try {
    return new QueueSocket(libc, options, namespace);
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** Until it ends: numbers every second, and what signals ask for. */
async function attend(
  request: QueueRequest,
  running: Running,
  rules: QueueRules | undefined,
  screen: Screen,
  first: number,
): Promise<number> {
  const server =
    request.metrics === undefined
      ? undefined
      : await serveMetrics(request.metrics, () => running.numbers(), first);
  const timer = setInterval(() => screen.numbers(running.numbers()), INTERVAL);
  let code = EXIT_OK;
  const stop = (): void => {
    // First, so that no packet comes that nobody will answer.
    rules?.silence();
    running.stop().catch(() => {});
  };
  const undo = onSignals(
    stop,
    () => reload(running, screen),
    (error) => {
      code = EXIT_INPUT;
      screen.log(`a mistake outside of any packet: ${stackOf(error)}`);
      stop();
    },
  );
  try {
    await running.finished;
  } catch (error) {
    code = EXIT_INPUT;
    screen.log(stackOf(error));
  } finally {
    clearInterval(timer);
    undo();
    rules?.remove();
    server?.close();
  }
  screen.stopped(running.numbers());
  return code;
}

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

async function reload(running: Running, screen: Screen): Promise<void> {
  try {
    await running.reload();
    screen.reloaded();
  } catch (error) {
    screen.log(`reload() failed, the handler goes on as before: ${stackOf(error)}`);
  }
}

/** A second signal to stop changes nothing; what a handler throws beside its packets stops, too. */
function onSignals(
  stop: () => void,
  again: () => void,
  failed: (error: unknown) => void,
): () => void {
  const listeners: [string, (...args: never[]) => void][] = [
    ['SIGINT', stop],
    ['SIGTERM', stop],
    ['SIGHUP', again],
    ['uncaughtException', failed as () => void],
    ['unhandledRejection', failed as () => void],
  ];
  for (const [name, listener] of listeners) process.on(name as 'SIGINT', listener as () => void);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener as () => void);
  };
}
