import type { Packet } from '../core/index.ts';
import { directionOf, type Entries } from './entries.ts';
import { stateName } from './state.ts';

export const DIRECTIONS = ['original', 'reply'] as const;

/** Tells a tracer what became of a packet that made no new entry; without one nothing is made. */
export function tellState(
  entries: Entries,
  packet: Packet,
  action: 'invalid' | 'untracked' | 'related' | 'full',
  why: string,
): void {
  if (entries.netns.tracer === null) return;
  const entry =
    packet.ct === 0
      ? {}
      : { direction: DIRECTIONS[directionOf(packet.ctinfo)], after: entries.snapshot(packet.ct) };
  const reason = why === '' ? {} : { why };
  const state = stateName(packet);
  entries.netns.emit(packet, { kind: 'conntrack', action, state, ...entry, ...reason });
}
