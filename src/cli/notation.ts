import type { Arrival } from '../lab/index.ts';
import { arrivalFromBytes } from '../lab/index.ts';
import { parsePacketNotation } from '../packet/index.ts';
import { Failure } from './failure.ts';

export interface NotedPacket {
  readonly arrival: Arrival;
  readonly device: string | undefined;
}

/** A packet in the short notation. @throws Failure with a caret below the word that is wrong */
export function arrivalFromNotation(text: string): NotedPacket {
  const parsed = parsePacketNotation(text);
  if ('message' in parsed) throw new Failure(`packet: ${parsed.message}`);
  const arrival = arrivalFromBytes(parsed.bytes);
  if (typeof arrival === 'string') throw new Failure(`packet: ${arrival}`);
  return { arrival, device: undefined };
}
