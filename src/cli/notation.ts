import {
  type Arrival,
  arrivalFromBytes,
  arrivalFromFrame,
  type InjectOptions,
} from '../lab/index.ts';
import { formatNotationError, parsePacketNotation } from '../packet/index.ts';
import { LINKTYPE_ETHERNET } from '../uapi/index.ts';
import { Failure } from './failure.ts';

export interface NotedPacket {
  readonly arrival: Arrival;
  readonly device: string | undefined;
  /** Made by the firewall itself. */
  readonly local: boolean;
  /** What the firewall knows beside the bytes. */
  readonly options: InjectOptions;
}

/** A packet in the short notation. @throws Failure with a caret below the word that is wrong */
export function arrivalFromNotation(text: string): NotedPacket {
  const parsed = parsePacketNotation(text);
  if ('message' in parsed) throw new Failure(`packet: ${formatNotationError(parsed)}`);
  const { bytes, linkType, iface, direction, mark, sender, secpath } = parsed;
  const isFrame = linkType === LINKTYPE_ETHERNET;
  const arrival = isFrame ? arrivalFromFrame(linkType, bytes) : arrivalFromBytes(bytes);
  const options = {
    ...sender,
    ...(mark !== undefined && { mark }),
    ...(secpath !== undefined && { secpath }),
  };
  if (typeof arrival === 'string') throw new Failure(`packet: ${arrival}`);
  return { arrival, device: iface, local: direction === 'out', options };
}
