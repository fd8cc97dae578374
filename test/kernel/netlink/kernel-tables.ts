// The ruleset of a namespace of the running kernel, over netlink and through the reference.

import { spawnSync } from 'node:child_process';
import { KernelRuleset, type Libc, Namespace, NetlinkSocket } from '../../../src/linux/index.ts';
import type { Batch, Program } from '../../../src/program/index.ts';
import { sendBatch } from './send.ts';

/** nft 1.0.6 wants a block that ends a line closed on a line of its own. */
const forOldNft = (text: string): string => text.replace(/\}(?=\s*(\}|\n|$))/g, '\n}');

/** Interfaces that rulesets name by index, in the order they are made; lo is 1. */
const INTERFACES = ['lo', 'eth0', 'eth1', 'eth2'];

export const interfaceIndex = (name: string): number | undefined =>
  INTERFACES.includes(name) ? INTERFACES.indexOf(name) + 1 : undefined;

let serial = 0;

export class KernelTables {
  readonly #name = `slnl${process.pid}x${serial++}`;
  readonly #namespace: Namespace;
  readonly #socket: NetlinkSocket;
  readonly #ruleset: KernelRuleset;

  constructor(libc: Libc) {
    const made = spawnSync('ip', ['netns', 'add', this.#name], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(made.stderr);
    this.#namespace = new Namespace(libc, this.#name);
    INTERFACES.forEach((name, i) => {
      const args = ['link', 'add', name, 'index', String(i + 1), 'type', 'dummy'];
      if (i > 0) this.#namespace.run(() => spawnSync('ip', args));
    });
    this.#socket = this.#namespace.run(() => new NetlinkSocket(libc));
    this.#ruleset = new KernelRuleset(libc, this.#namespace);
  }

  /** Sends a batch to a ruleset; what the kernel had against it, with the change. */
  apply(batch: Batch, current?: Program): readonly string[] {
    return sendBatch(this.#socket, batch, current).refused;
  }

  #nft(args: readonly string[], input?: string) {
    return this.#namespace.run(() => spawnSync('nft', args, { input, encoding: 'utf8' }));
  }

  /** Loads a text with the reference; its complaint, if it has one. */
  load(text: string): string | undefined {
    const done = this.#nft(['-f', '-'], forOldNft(text));
    return done.status === 0 ? undefined : done.stderr;
  }

  /**
   * The reference's listing, without counters; elements, which come in any order, sorted. Of a
   * `fib` that only asks whether there is a route, newer versions compare one byte, which 1.0.6
   * shows as a prefix.
   */
  list(): string {
    const { stdout, stderr, status } = this.#nft(['-s', 'list', 'ruleset']);
    if (status !== 0) throw new Error(stderr);
    return stdout
      .replace(/(missing|exists)\/8/g, '$1')
      .replace(/\b(\d+)-\1\b/g, '$1')
      .replace(/\{ ([^{}]*) \}/g, (_, inner: string) => {
        return `{ ${inner.split(/,\s*/).sort().join(', ')} }`;
      });
  }

  flush(): void {
    this.#nft(['flush', 'ruleset']);
  }

  dump(): Program {
    return this.#ruleset.list();
  }

  close(): void {
    this.#socket.close();
    this.#ruleset.close();
    this.#namespace.close();
    spawnSync('ip', ['netns', 'del', this.#name]);
  }
}
