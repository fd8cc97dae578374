import { u32 } from '../bytes/index.ts';
import type { Packet } from '../core/index.ts';
import { directionOf, type Entries } from './entries.ts';
import { protocolName } from './entry.ts';
import type { Expectation } from './expect.ts';
import { stateName } from './state.ts';
import { dstPortOf, l4Of, srcPortOf, T_DST, T_PORTS, T_SRC } from './tuple.ts';
import { addressText } from './view.ts';

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

/** `tcp 10.0.0.2 > 192.0.2.1:4321`: who may open it, and what. Any source is `*`. */
export function expectationText({ tuple, mask }: Pick<Expectation, 'tuple' | 'mask'>): string {
  const protocol = protocolName(l4Of(tuple));
  const anySource = mask[T_SRC] === 0 && mask[T_SRC + 1] === 0;
  const source = anySource ? '*' : addressText(tuple, T_SRC);
  const port = mask[T_PORTS]! >>> 16 === 0 ? '' : `:${srcPortOf(tuple)}`;
  const destination = addressText(tuple, T_DST);
  const bracketed = destination.includes(':') ? `[${destination}]` : destination;
  return `${protocol} ${source}${port} > ${bracketed}:${dstPortOf(tuple)}`;
}

/** A new connection was announced before. */
export function tellExpected(entries: Entries, packet: Packet, expectation: Expectation): void {
  if (entries.netns.tracer === null) return;
  entries.netns.emit(packet, {
    kind: 'expectation',
    action: 'matched',
    expects: expectationText(expectation),
    master: entries.snapshot(expectation.master),
    helper: entries.helper(expectation.master),
  });
}

/** Notes the numbers of a segment; what it returns tells by how much they were moved. */
export function tellAdjusted(entries: Entries, packet: Packet): (() => void) | undefined {
  if (entries.netns.tracer === null || packet.end < packet.transport + 12) return undefined;
  const [seq, ack] = [u32(packet.buf, packet.transport + 4), u32(packet.buf, packet.transport + 8)];
  return () =>
    entries.netns.emit(packet, {
      kind: 'seqadj',
      seq: (u32(packet.buf, packet.transport + 4) - seq) | 0,
      ack: (u32(packet.buf, packet.transport + 8) - ack) | 0,
    });
}
