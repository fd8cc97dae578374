import { hex, u16 } from '../../bytes/index.ts';
import { AH_ICV, AhView, parseAh } from '../ah.ts';
import { ESP_HEADER_LENGTH, EspView } from '../esp.ts';
import { type GreView, parseGre } from '../gre.ts';
import { isMalformed } from '../malformed.ts';
import { flagNames, hex4, hex8 } from './names.ts';
import { headerBytes, type Spot } from './spot.ts';

const GRE_FLAG_NAMES = [
  [0x8000, 'checksum present'],
  [0x4000, 'routing present'],
  [0x2000, 'key present'],
  [0x1000, 'sequence# present'],
  [0x0800, 'source routing present'],
] as const;

function greFlags(gre: GreView): string {
  const ack = gre.acknowledgment === undefined ? [] : ['ack present'];
  const others = flagNames(gre.flags, GRE_FLAG_NAMES);
  return [...(others === 'none' ? [] : [others]), ...ack].join(', ') || 'none';
}

function greFields(gre: GreView): string {
  const { checksum, key, sequence, acknowledgment, callId } = gre;
  const sum = checksum === undefined ? '' : `, sum ${hex4(checksum)}, off 0x0`;
  const tag =
    callId !== undefined
      ? `, call ${callId}`
      : key !== undefined
        ? `, key=0x${key.toString(16)}`
        : '';
  const seq = sequence === undefined ? '' : `, seq ${sequence}`;
  const ack = acknowledgment === undefined ? '' : `, ack ${acknowledgment}`;
  return `${sum}${tag}${seq}${ack}`;
}

/** `inner` prints what is carried, by EtherType. */
export function printGre(
  spot: Spot,
  inner: (ethertype: number, offset: number) => string | undefined,
): string {
  const bytes = headerBytes(spot);
  const gre = parseGre(bytes);
  if (isMalformed(gre)) {
    const known = bytes.length >= 2 ? `GREv${u16(bytes, 0) & 7}, ` : '';
    return `${known}[|gre]`;
  }
  const head = `GREv${gre.version}, Flags [${greFlags(gre)}]${greFields(gre)}`;
  if (gre.version === 1 && gre.payload.length === 0) {
    return `${head}, no-payload, length ${spot.length}`;
  }
  const carried = inner(gre.protocol, spot.offset + gre.headerLength);
  const what = gre.version === 1 ? 'PPP' : `gre-proto-0x${gre.protocol.toString(16)}`;
  return `${head}, length ${spot.length} ${carried ?? what}`;
}

export function printEsp(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < ESP_HEADER_LENGTH) return ' [|esp]';
  const esp = new EspView(bytes);
  return `ESP(spi=${hex8(esp.spi)},seq=0x${esp.sequence.toString(16)}), length ${spot.length}`;
}

/** AH stands before what it protects; `next` prints that. */
export function printAh(
  spot: Spot,
  next: (protocol: number, headerLength: number) => string,
): string {
  const bytes = headerBytes(spot);
  const ah = parseAh(bytes);
  if (isMalformed(ah)) return bytes.length < AH_ICV ? ' [|ah]' : `AH(bad length)`;
  const words = bytes[1]!;
  const view = new AhView(bytes);
  const lengths = `length=${words}(${view.headerLength}-bytes)`;
  const fields = `spi=${hex8(view.spi)},seq=0x${view.sequence.toString(16)},icv=0x${hex(view.icv)}`;
  return `AH(${lengths},${fields}): ${next(view.nextHeader, view.headerLength)}`;
}
