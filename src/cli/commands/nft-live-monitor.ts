// `sluice nft --live monitor`: what others do to the running kernel's ruleset, and steps of packets.

import type { Subscription } from '../../core/index.ts';
import { InterfaceNames, within } from '../../linux/index.ts';
import type { NftTrace } from '../../netlink/index.ts';
import type { ListOptions } from '../../nft/index.ts';
import { paintFor } from '../colour.ts';
import type { Host } from '../host.ts';
import { endSignal } from '../signals.ts';
import { type KernelCommit, RulesetWatch } from './monitor/ruleset.ts';
import { listenToTraces, TracedPackets } from './monitor/trace.ts';
import type { LiveKernel } from './nft-live.ts';
import { entryText, type MonitorCommand } from './nft-monitor.ts';
import type { NftArguments } from './nft-options.ts';

export interface LiveMonitoring {
  readonly command: MonitorCommand;
  readonly args: NftArguments;
  readonly host: Host;
  readonly options: () => ListOptions;
}

/** Resolves when SIGINT or SIGTERM comes. */
export async function monitorLive(kernel: LiveKernel, monitoring: LiveMonitoring): Promise<void> {
  const ended = endSignal(['SIGINT', 'SIGTERM']);
  const open: Subscription[] = [];
  const { command, args, host, options } = monitoring;
  const print = (commit: KernelCommit | undefined): void => {
    if (command.object === 'trace') return;
    if (commit === undefined) {
      host.err('events were lost, the socket was full\n');
      return;
    }
    const { id: generation, process = 0, name } = commit.generation;
    const entry = { ...commit, generation, process };
    host.out(entryText(entry, command, options(), args.on.has('json'), name));
  };
  const watch = new RulesetWatch(kernel.ruleset, print);
  open.push(watch);
  if (command.object === 'trace') open.push(...traces(kernel, watch, host));
  await ended;
  for (const one of open.reverse()) one.close();
}

function traces({ libc, namespace }: LiveKernel, watch: RulesetWatch, host: Host): Subscription[] {
  const devices = within(namespace, () => new InterfaceNames(libc));
  const packets = new TracedPackets({
    names: (index) => devices.get(index),
    paint: paintFor('auto', host),
    print: (text) => host.out(text),
  });
  const to = {
    step: (trace: NftTrace) => packets.step(trace, watch.programs),
    lost: () => host.err('steps were lost, the socket was full\n'),
  };
  return [devices, packets, listenToTraces(libc, to, namespace)];
}
