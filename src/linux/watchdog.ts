// A handler that never comes back holds the thread that answers packets, and while the process lives
// no rule's bypass helps. So another thread looks whether this one still turns; when it does not, it
// gives every packet that waits the policy's verdict, over the same socket.

import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { VerdictWriter } from '../netlink/index.ts';
import { LITTLE_ENDIAN } from './netlink-open.ts';

/** Places in the memory both threads see. */
const BEATS = 0;
const LAST_ID = 1;
const RESCUES = 2;

/** Ids are compared modulo 2^32 (nfq_batch_cmp()): one this far ahead is after all that wait. */
const AHEAD = 0x3fffffff;

/** A pause to collect garbage, or a busy machine, is no handler that hangs. */
const SHORTEST = 500;

/** The other thread, as text: it must run wherever this file was built into. */
const THREAD = `
const { workerData } = require('node:worker_threads');
const koffi = require(workerData.koffi);
const send = koffi.load('libc.so.6').func('long send(int fd, const uint8_t *data, size_t length, int flags)');
const { fd, message, idAt, deadline } = workerData;
const shared = new Int32Array(workerData.shared);
const quiet = new Int32Array(new SharedArrayBuffer(4));
const step = Math.max(5, deadline / 4);
let beats = -1;
let still = 0;
for (;;) {
  Atomics.wait(quiet, 0, 0, step);
  const now = Atomics.load(shared, ${BEATS});
  still = now === beats ? still + step : 0;
  beats = now;
  if (still < deadline) continue;
  new DataView(message.buffer).setUint32(idAt, Atomics.load(shared, ${LAST_ID}) + ${AHEAD});
  send(fd, message, message.length, 0);
  Atomics.add(shared, ${RESCUES}, 1);
}
`;

export interface WatchdogOptions {
  readonly fd: number;
  readonly queue: number;
  /** NF_*. */
  readonly verdict: number;
  /** Milliseconds without a turn of the event loop; half a second at least. */
  readonly deadline: number;
}

export class Watchdog {
  readonly #shared = new Int32Array(new SharedArrayBuffer(12));
  readonly #worker: Worker;
  readonly #timer: NodeJS.Timeout;

  constructor({ fd, queue, verdict, deadline: wanted }: WatchdogOptions) {
    const deadline = Math.max(SHORTEST, wanted);
    const out = new VerdictWriter(LITTLE_ENDIAN, 64);
    out.batch(queue, 0, verdict);
    const message = out.buffer.slice(0, out.length);
    this.#worker = new Worker(THREAD, {
      eval: true,
      // Its own flags would load what this process was started with a second time.
      execArgv: [],
      workerData: {
        koffi: koffiPath(),
        fd,
        message,
        idAt: message.length - 4,
        deadline,
        shared: this.#shared.buffer,
      },
    });
    this.#worker.unref();
    this.#timer = setInterval(() => this.beat(), Math.max(5, deadline / 8));
    this.#timer.unref();
  }

  /** The thread turns. */
  beat(): void {
    Atomics.add(this.#shared, BEATS, 1);
  }

  /** The last packet that was handed over. */
  seen(id: number): void {
    Atomics.store(this.#shared, LAST_ID, id | 0);
  }

  /** How often every waiting packet was answered because this thread did not turn. */
  get rescues(): number {
    return Atomics.load(this.#shared, RESCUES);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker.terminate();
  }
}

/** As this file's own import finds it; the built command is no module and looks from its starter. */
const koffiPath = (): string =>
  createRequire(import.meta.url ?? realpathSync(process.argv[1]!)).resolve('koffi');
