// Network namespaces of the running kernel. setns(2) moves the calling thread only: sockets made
// while inside stay there, and so do processes started from it.

import { closeSync, openSync } from 'node:fs';
import { checked, type Libc } from './libc.ts';

const CLONE_NEWNET = 0x40000000;

/** An open namespace: a name below /run/netns, or a path to a namespace file. */
export class Namespace {
  readonly name: string;
  readonly #fd: number;
  readonly #libc: Libc;

  constructor(libc: Libc, nameOrPath: string) {
    this.#libc = libc;
    this.name = nameOrPath;
    this.#fd = openSync(nameOrPath.includes('/') ? nameOrPath : `/run/netns/${nameOrPath}`, 'r');
  }

  /** Runs `inside` with the thread in this namespace and goes back after it, whatever happens. */
  run<T>(inside: () => T): T {
    const home = openSync('/proc/thread-self/ns/net', 'r');
    try {
      checked(this.#libc, `setns ${this.name}`, this.#libc.setns(this.#fd, CLONE_NEWNET));
      try {
        return inside();
      } finally {
        checked(this.#libc, 'setns back', this.#libc.setns(home, CLONE_NEWNET));
      }
    } finally {
      closeSync(home);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** In a namespace, or where the thread is without one. */
export const within = <T>(namespace: Namespace | undefined, inside: () => T): T =>
  namespace === undefined ? inside() : namespace.run(inside);
