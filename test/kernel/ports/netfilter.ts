// A netfilter behind core's ports: the engine, or the running kernel in a namespace. What both say is
// brought to one form here, so that a test of a port is written once.

import { QueueRules } from '../../../src/cli/commands/queue/rules.ts';
import { type ConnectionFilter, manualClock } from '../../../src/core/index.ts';
import { createFirewall } from '../../../src/lab/index.ts';
import {
  type CtEvent,
  KernelConnections,
  KernelRuleset,
  type Libc,
  type NftEvent,
  QueueSocket,
  systemClock,
} from '../../../src/linux/index.ts';
import type { CtEntry } from '../../../src/netlink/index.ts';
import { compile } from '../../../src/nft/index.ts';
import type { Batch, Program } from '../../../src/program/index.ts';
import { QueueRunner, type RunnerOptions } from '../../../src/queue/index.ts';
import { stackConfig } from '../engine-target.ts';
import { frameFor, toHex } from '../frames.ts';
import { Host } from '../host.ts';
import { ROUTER, SYSCTL } from '../topology.ts';

/** What is known of a connection on either side. */
export type Entry = Pick<
  CtEntry,
  'family' | 'protocol' | 'original' | 'reply' | 'timeout' | 'status' | 'mark' | 'zone' | 'id'
> & { readonly state?: string; readonly labels?: string };

export interface Netfilter {
  readonly name: string;
  apply(batch: Batch): void;
  list(): Program;
  /** The changes of a transaction, when it was committed. */
  onRuleset(told: (ops: readonly string[]) => void): void;
  readonly connections: {
    dump(filter?: ConnectionFilter): Iterable<Entry>;
    get(filter: ConnectionFilter): Entry | undefined;
    create(entry: Entry): void;
    update(entry: Entry): void;
    delete(filter: ConnectionFilter): number;
    flush(): void;
  };
  onConnections(told: (event: string, entry: Entry) => void): void;
  /** A handler on what matches on its way through. */
  queue(match: string, handler: unknown, options?: Partial<RunnerOptions>): Promise<QueueRunner>;
  /** Bytes that came out for a packet on eth0 and those before it. */
  send(packet: string): void;
  sent(): readonly string[];
  close(): Promise<void>;
}

const QUEUE = 5;
/** Connections are tracked, and have labels, where a rule asks for them. */
const TRACKED = 'table ip tracked { chain c { ct state new ct label 1; }; }';

export const batchOf = (text: string, current: Program = { tables: [] }): Batch => {
  const { batch, diagnostics } = compile({ name: 'ports.nft', text }, { current });
  if (diagnostics.length > 0) throw new Error(diagnostics[0]!.message);
  return batch;
};

export function engine(): Netfilter {
  const frames: string[] = [];
  const clock = manualClock(1_700_000_000);
  const firewall = createFirewall({
    network: stackConfig(ROUTER, SYSCTL),
    rulesets: [batchOf(TRACKED)],
    clock,
    listen: false,
    transmitted: (_, frame) => void frames.push(toHex(frame.slice())),
  });
  const { connections } = firewall.conntrack;
  const link = ROUTER.interfaces[0]!;
  const { device } = firewall.stack.interfaceNamed('eth0');
  const runners: QueueRunner[] = [];
  return {
    name: 'engine',
    apply: (batch) => firewall.apply(batch),
    list: () => firewall.engine.list(),
    onRuleset: (told) =>
      void firewall.engine.events(({ changes }) => told(changes.map(({ op }) => op))),
    connections: {
      ...{ dump: (filter) => connections.dump(filter), get: (filter) => connections.get(filter) },
      create: (entry) => void connections.create(entry),
      update: (entry) => connections.update(entry),
      delete: (filter) => connections.delete(filter),
      flush: () => void connections.flush(),
    },
    onConnections: (told) =>
      void connections.events((event) => {
        if ('entry' in event) told(event.type, event.entry);
      }),
    async queue(match, handler, options) {
      firewall.apply(
        batchOf(
          `table ip q { chain f { type filter hook forward priority 0; ${match} queue num ${QUEUE}; }; }`,
        ),
      );
      const runner = await firewall.queues.listen(QUEUE, handler, options);
      runners.push(runner);
      return runner;
    },
    send: (packet) => void firewall.stack.receive(device, frameFor(packet, link)),
    sent: () => frames.splice(0),
    close: async () => {
      for (const runner of runners) await runner.stop();
    },
  };
}

/** Messages of a transaction until its generation. */
function gathering(told: (ops: readonly string[]) => void): (event: NftEvent) => void {
  let ops: string[] = [];
  return (event) => {
    // The kernel tells of elements one by one.
    const op = event.kind === 'change' ? event.change.op : undefined;
    if (op !== undefined && !(op === ops.at(-1) && op.endsWith('elem'))) ops.push(op);
    if (event.kind === 'generation') {
      told(ops);
      ops = [];
    }
  };
}

export function kernel(libc: Libc): Netfilter {
  const host = new Host(libc, ROUTER);
  const { ruleset, connections } = host.run(() => ({
    ruleset: new KernelRuleset(libc),
    connections: new KernelConnections(libc),
  }));
  ruleset.apply(batchOf(TRACKED));
  const open: { close(): void }[] = [ruleset, connections];
  const runners: QueueRunner[] = [];
  const frames: string[] = [];
  return {
    name: 'kernel',
    apply: (batch) => ruleset.apply(batch, ruleset.list()),
    list: () => ruleset.list(),
    onRuleset: (told) => void open.push(host.run(() => ruleset.events(gathering(told)))),
    connections,
    onConnections: (told) => {
      const tell = (event: CtEvent): void => {
        if ('entry' in event) told(event.type, event.entry);
      };
      open.push(host.run(() => connections.events(tell)));
    },
    async queue(match, handler, options) {
      const request = { hooks: ['forward'], priority: 0, bypass: false, first: QUEUE, last: QUEUE };
      const socket = host.run(() => {
        open.push({
          close: (
            (rules) => () =>
              rules.remove()
          )(new QueueRules(libc, { ...request, match })),
        });
        return new QueueSocket(libc, { queue: QUEUE });
      });
      const running = { handler, transport: socket, clock: systemClock(), ...options };
      const runner = new QueueRunner(running);
      await runner.start();
      runners.push(runner);
      return runner;
    },
    send: (packet) => {
      const out = host.step({ on: 'eth0', packet });
      frames.push(...out.map(({ frame }) => frame));
    },
    sent: () => {
      frames.push(...host.step({ wait: 0 }).map(({ frame }) => frame));
      return frames.splice(0);
    },
    close: async () => {
      for (const runner of runners) await runner.stop();
      for (const one of open.reverse()) one.close();
      host.close();
    },
  };
}
