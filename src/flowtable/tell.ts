// What a trace is told of flows.

import type { Conntrack } from '../conntrack/index.ts';
import type {
  HookEntry,
  HookPoint,
  HookTable,
  NetDevice,
  Netns,
  Packet,
  TraceEvent,
  UnmetHook,
} from '../core/index.ts';
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

const isBridge = (device: NetDevice | null): device is NetDevice => device?.kind === 'bridge';

/** From the device on the wire up to the one that routing knows: a bridge, VLAN devices. */
function upwards(hooks: HookTable, lowest: NetDevice, routed: NetDevice): HookPoint[] {
  const bridge = lowest.master;
  if (isBridge(bridge))
    return [
      hooks.point('bridge', 'prerouting'),
      hooks.point('bridge', 'input'),
      hooks.devicePoint(bridge, 'ingress'),
    ];
  return routed === lowest ? [] : [hooks.devicePoint(routed, 'ingress')];
}

/** Through the bridge that the way out goes past. */
function downwards(hooks: HookTable, { out }: FlowSide): HookPoint[] {
  const bridge = out.device.master;
  if (out.link === null || !isBridge(bridge)) return [];
  return [
    hooks.devicePoint(bridge, 'egress'),
    hooks.point('bridge', 'output'),
    hooks.point('bridge', 'postrouting'),
  ];
}

/** What a packet that leaves by the flowtable's hook goes past, in the order it would have met it. */
export function unmetHooks(
  { hooks }: Netns,
  packet: Packet,
  ingress: HookPoint,
  title: string,
  side: FlowSide,
): UnmetHook[] {
  const own = ingress.entries.findIndex((entry) => entry.name === `flowtable ${title}`);
  const family = packet.protocol === ETH_P_IP ? 'ip' : 'ip6';
  // Where the other direction leaves, this one is routed in.
  const routed = side.flow.sides[side.dir === 0 ? 1 : 0].out.device;
  const points = [
    ...upwards(hooks, ingress.device!, routed),
    ...(['prerouting', 'forward', 'postrouting'] as const).map((hook) => hooks.point(family, hook)),
    ...downwards(hooks, side),
  ];
  return [
    ...ingress.entries.slice(own + 1).map((entry) => unmet(ingress, entry)),
    ...points.flatMap((point) => point.entries.map((entry) => unmet(point, entry))),
  ];
}
