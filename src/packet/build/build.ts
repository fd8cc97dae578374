import { concatBytes, utf8Encode } from '../../bytes/index.ts';
import { type Layer, type Placement, payload } from './layer.ts';

/** Text stands for its UTF-8 bytes. */
export type BuildPart = Layer | Uint8Array | string;

function asLayer(part: BuildPart): Layer {
  if (typeof part === 'string') return payload(utf8Encode(part));
  return part instanceof Uint8Array ? payload(part) : part;
}

function placementsOf(layers: readonly Layer[], packet: Uint8Array): Placement[] {
  const placements: Placement[] = [];
  let offset = 0;
  let network = -1;
  layers.forEach((layer, i) => {
    placements.push({ packet, offset, end: packet.length, next: layers[i + 1], network });
    if (layer.isNetwork) network = offset;
    offset += layer.bytes.length;
  });
  return placements;
}

/**
 * The bytes of a packet made of layers from the outermost in. Lengths, the numbers of the next
 * protocols and checksums are computed
 * unless the layer was given its own, which is written as it is, right or wrong.
 *
 * @example
 * build([
 *   ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
 *   ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
 *   udp({ sourcePort: 5353, destinationPort: 53 }),
 *   'hello',
 * ]);
 */
export function build(parts: readonly BuildPart[]): Uint8Array {
  const layers = parts.map(asLayer);
  const packet = concatBytes(...layers.map((layer) => layer.bytes));
  const placements = placementsOf(layers, packet);
  layers.forEach((layer, i) => {
    layer.link?.(placements[i]!);
  });
  for (let i = layers.length - 1; i >= 0; i--) layers[i]!.sum?.(placements[i]!);
  return packet;
}
