// A difference between two rulesets in the hands of a person: the command line that shows it again, the
// network it was found in as a file, its packets as a capture.

import { LinkType, PcapngWriter } from '../../capture/index.ts';
import type { Difference } from '../../lab/index.ts';
import { isNotationError, parsePacketNotation } from '../../packet/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import { ETH_HLEN, LINKTYPE_ETHERNET } from '../../uapi/index.ts';
import { fileFailure } from '../failure.ts';
import type { Host } from '../host.ts';

const plainWord = /^[\w./,:@%+=-]+$/;
const quoted = (word: string): string =>
  plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** `sluice trace …` that sends the packets through one of the two. */
export function traceLine(
  rulesets: readonly string[],
  topologies: readonly string[],
  { packets }: Difference,
): string {
  const options = [
    ...rulesets.flatMap((file) => ['-r', file]),
    ...topologies.flatMap((file) => ['-t', file]),
  ];
  return ['sluice trace', ...[...options, ...packets].map(quoted)].join(' ');
}

/** The network as a topology file: JSON, which is YAML. */
export function networkText({ interfaces, routes = [], sockets, sysctl }: StackConfig): string {
  const words = routes.map(({ to, type, via, device, realm }) =>
    [
      ...(type === undefined ? [] : [type]),
      to,
      ...(via === undefined ? [] : [`via ${via}`]),
      ...(device === undefined ? [] : [`dev ${device}`]),
      ...(realm === undefined ? [] : [`realm ${realm}`]),
    ].join(' '),
  );
  return `${JSON.stringify({ interfaces, routes: words, ...(sockets && { sockets }), sysctl }, null, 2)}\n`;
}

const ADVANCE = /^advance (\d+)(ms|s)$/;

interface Sent {
  readonly device: string;
  readonly frame: Uint8Array;
  readonly seconds: number;
  readonly text: string;
}

/** What was sent in, each as an Ethernet frame at its time. */
function framesOf({ packets }: Difference): Sent[] {
  let seconds = 0;
  return packets.flatMap((text): Sent[] => {
    const time = ADVANCE.exec(text);
    if (time !== null) {
      seconds += Number(time[1]) / (time[2] === 'ms' ? 1000 : 1);
      return [];
    }
    const spec = parsePacketNotation(text);
    if (isNotationError(spec)) return [];
    const isFrame = spec.linkType === LINKTYPE_ETHERNET;
    const frame = isFrame ? spec.bytes : framed(spec.bytes);
    return [{ device: spec.iface ?? 'lo', frame, seconds, text }];
  });
}

function framed(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ETH_HLEN + packet.length);
  const isSix = (packet[0] ?? 0) >>> 4 === 6;
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...(isSix ? [0x86, 0xdd] : [8, 0])], 0);
  frame.set(packet, ETH_HLEN);
  return frame;
}

/** The packets of a difference as pcapng, an interface for each they come in by. */
export function captureOf(difference: Difference): Uint8Array {
  const writer = new PcapngWriter();
  const sent = framesOf(difference);
  const names = [...new Set(sent.map(({ device }) => device))];
  const blocks = [
    writer.section({ application: 'sluice diff' }),
    ...names.map((name) => writer.interface({ linkType: LinkType.ethernet, name, tsResol: 9 })),
    ...sent.map(({ device, frame, seconds, text }) =>
      writer.packet(names.indexOf(device), {
        seconds: Math.floor(seconds),
        nanoseconds: Math.round((seconds % 1) * 1e9),
        data: frame,
        comments: [text],
      }),
    ),
  ];
  return joined(blocks);
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}

export async function writeFile(path: string, bytes: Uint8Array, host: Host): Promise<void> {
  try {
    const sink = await host.create(path);
    await sink.write(bytes);
    await sink.close();
  } catch (error) {
    throw fileFailure(path, error);
  }
}
