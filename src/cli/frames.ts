// Frames of a capture as a firewall meets them.
import { createReader, type PacketRecord } from '../capture/index.ts';
import { type Arrival, arrivalFromFrame } from '../lab/index.ts';
import { Failure, fileFailure } from './failure.ts';
import type { Host } from './host.ts';
import { type FrameRanges, inRanges } from './packet-args.ts';

export interface Frame {
  readonly number: number;
  /** Text says why the frame cannot be read. */
  readonly arrival: Arrival | string;
  /** The interface by its name in the capture. */
  readonly device: string | undefined;
  /** Nanoseconds since the first packet of the file. */
  readonly ns: number;
  readonly record: PacketRecord;
}

const NS = 1e9;

/** Packets of a capture file, chunk by chunk. @throws Failure for a broken file, after its whole packets */
export async function* packetsOf(path: string, host: Host): AsyncGenerator<PacketRecord, void> {
  const reader = createReader();
  try {
    for await (const chunk of host.chunks(path)) {
      for (const record of reader.push(chunk)) if (record.kind === 'packet') yield record;
      if (reader.error !== undefined) break;
    }
  } catch (error) {
    throw fileFailure(path, error);
  }
  const error = reader.end();
  if (error !== undefined) throw new Failure(`${path}: ${error.message}`);
}

/** The frames in the given ranges. Stops reading behind the last one. */
export async function* framesOf(
  path: string,
  ranges: FrameRanges,
  host: Host,
): AsyncGenerator<Frame, void> {
  const last = Math.max(...ranges.map(([, to]) => to));
  let first: PacketRecord | undefined;
  for await (const record of packetsOf(path, host)) {
    first ??= record;
    if (inRanges(ranges, record.number)) yield frameOf(record, first);
    if (record.number >= last) return;
  }
}

const frameOf = (record: PacketRecord, first: PacketRecord): Frame => ({
  number: record.number,
  arrival: arrivalFromFrame(record.interface.linkType, record.data),
  device: record.interface.name,
  ns: (record.seconds - first.seconds) * NS + record.nanoseconds - first.nanoseconds,
  record,
});
