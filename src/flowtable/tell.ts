// What a trace is told of flows.

import type { Conntrack } from '../conntrack/index.ts';
import type { HookEntry, HookPoint, Netns, Packet, TraceEvent, UnmetHook } from '../core/index.ts';
import { ETH_P_IP } from '../core/index.ts';
import type { FlowSide } from './flow.ts';

type FlowEvent = Extract<TraceEvent, { kind: 'flowtable' }>;

export function tellFlow(
  netns: Netns,
  ct: Conntrack,
  flowtable: string,
  packet: Packet,
  side: FlowSide,
  more: Pick<FlowEvent, 'action' | 'device' | 'why' | 'unmet'>,
): void {
  if (netns.tracer === null) return;
  netns.emit(packet, {
    kind: 'flowtable',
    flowtable,
    direction: side.dir === 0 ? 'original' : 'reply',
    entry: ct.snapshot(side.flow.slot),
    ...more,
  });
}

const unmet = (point: HookPoint, entry: HookEntry): UnmetHook => ({
  family: point.family,
  hook: point.hook,
  ...(point.device === null ? {} : { device: point.device.name }),
  priority: entry.priority,
  name: entry.name,
  type: entry.kind,
  ...(entry.rules === undefined ? {} : { rules: entry.rules() }),
});

/** What a packet that leaves by the flowtable's hook goes past, in the order it would have met it. */
export function unmetHooks(
  { hooks }: Netns,
  packet: Packet,
  ingress: HookPoint,
  title: string,
): UnmetHook[] {
  const own = ingress.entries.findIndex((entry) => entry.name === `flowtable ${title}`);
  const family = packet.protocol === ETH_P_IP ? 'ip' : 'ip6';
  const points = (['prerouting', 'forward', 'postrouting'] as const).map((hook) =>
    hooks.point(family, hook),
  );
  return [
    ...ingress.entries.slice(own + 1).map((entry) => unmet(ingress, entry)),
    ...points.flatMap((point) => point.entries.map((entry) => unmet(point, entry))),
  ];
}
