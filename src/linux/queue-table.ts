// /proc/net/netfilter/nfnetlink_queue: what the kernel knows of its queues (seq_show()). The file
// belongs to the namespace it was opened in.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export interface QueueState {
  /** Netlink port of the socket that took the queue; mostly the process id. */
  readonly owner: number;
  readonly waiting: number;
  /** Dropped because the queue was full. */
  readonly dropped: number;
  /** Dropped because the socket was. */
  readonly userDropped: number;
  /** The number of the last packet. */
  readonly lastId: number;
}

const FILE = '/proc/thread-self/net/netfilter/nfnetlink_queue';

export class QueueTable {
  readonly #queue: number;
  #fd: number;
  readonly #buffer = Buffer.alloc(1 << 16);

  constructor(queue: number) {
    this.#queue = queue;
    this.#fd = open();
  }

  /** undefined when nobody has the queue, it was closed, or the kernel does not say. */
  read(): QueueState | undefined {
    if (this.#fd < 0) return undefined;
    const length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, 0);
    for (const line of this.#buffer.toString('latin1', 0, length).split('\n')) {
      const [queue, owner, waiting, , , dropped, userDropped, lastId] = line
        .trim()
        .split(/\s+/)
        .map(Number);
      if (queue !== this.#queue || lastId === undefined) continue;
      return {
        owner: owner! >>> 0,
        waiting: waiting!,
        dropped: dropped!,
        userDropped: userDropped!,
        lastId: lastId >>> 0,
      };
    }
    return undefined;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

function open(): number {
  try {
    return openSync(FILE, 'r');
  } catch {
    return -1;
  }
}

/** The first netlink socket of a process has its number as port. */
export function processName(port: number): string {
  try {
    return `process ${port} (${readFileSync(`/proc/${port}/comm`, 'utf8').trim()})`;
  } catch {
    return `a process whose netlink port is ${port}`;
  }
}
