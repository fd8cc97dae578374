// Hosts at the ports of a switch: they answer pings, refuse what no program takes, and run programs.

import { formatIPv4, formatIPv6, hex, put16, u16, u32 } from '../../../../src/bytes/index.ts';
import { isNotationError, parsePacketNotation } from '../../../../src/packet/index.ts';
import { type Program, type Segment, Socket } from './tcp.ts';

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [1, 'fin'],
  [2, 'syn'],
  [4, 'rst'],
  [8, 'psh'],
  [16, 'ack'],
];
const MTU = 1500;

/** Takes a datagram; what it returns is sent back from a port of its own choice. */
export type UdpProgram = (text: string, answer: (fromPort: number, text: string) => void) => void;

const hostText = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** Bytes as the notation takes them: hex never needs escapes. */
const dataText = (text: string): string =>
  text === ''
    ? ''
    : ` hex ${[...text].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')}`;

export function packetBytes(notation: string): Uint8Array {
  const spec = parsePacketNotation(notation);
  if (isNotationError(spec)) throw new SyntaxError(`${notation}: ${spec.message}`);
  return spec.bytes;
}

/** ip_do_fragment(), for packets larger than a frame. */
function fragments(packet: Uint8Array): Uint8Array[] {
  if (packet.length <= MTU || packet[0]! >>> 4 !== 4) return [packet];
  const parts: Uint8Array[] = [];
  const step = (MTU - 20) & ~7;
  for (let at = 20; at < packet.length; at += step) {
    const body = packet.subarray(at, Math.min(at + step, packet.length));
    const part = new Uint8Array(20 + body.length);
    part.set(packet.subarray(0, 20));
    part.set(body, 20);
    put16(part, 2, part.length);
    put16(part, 6, ((at - 20) >> 3) | (at + step < packet.length ? 0x2000 : 0));
    put16(part, 10, 0);
    put16(part, 10, headerChecksum(part));
    parts.push(part);
  }
  return parts;
}

function headerChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += u16(bytes, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff ^ sum;
}

export class Host {
  readonly ip: string;
  readonly ip6: string;
  readonly mac: readonly number[];
  readonly port: number;
  readonly #transmit: (frame: Uint8Array) => void;
  readonly #sockets = new Map<string, Socket>();
  readonly #listeners = new Map<number, () => Program>();
  readonly #udp = new Map<number, UdpProgram>();
  readonly #more = new Set<string>();
  #nextPort = 40000;
  #id = 1;
  /** Echo replies that came. */
  replies = 0;
  /** ICMP errors that came. */
  errors = 0;

  constructor(
    name: { readonly ip: string; readonly ip6: string; readonly port: number },
    transmit: (frame: Uint8Array) => void,
  ) {
    this.ip = name.ip;
    this.ip6 = name.ip6;
    this.port = name.port;
    this.mac = [0x02, 0, 0, 0, 0, name.port];
    this.#transmit = transmit;
  }

  /** Neighbours were told to look for this address here. */
  adopt(address: string): void {
    this.#more.add(address);
  }

  owns(address: string): boolean {
    return address === this.ip || address === this.ip6 || this.#more.has(address);
  }

  sourceFor(to: string): string {
    return to.includes(':') ? this.ip6 : this.ip;
  }

  listen(port: number, program: () => Program): void {
    this.#listeners.set(port, program);
  }

  serve(port: number, program: UdpProgram): void {
    this.#udp.set(port, program);
  }

  freePort(): number {
    return this.#nextPort++;
  }

  connect(to: string, port: number, program: Program, from = this.sourceFor(to)): Socket {
    const socket = this.#socket([from, this.freePort(), to, port], program);
    socket.connect();
    return socket;
  }

  #socket(ends: readonly [string, number, string, number], program: Program): Socket {
    const socket = new Socket(ends, 1000, program, (segment) => this.#sendSegment(segment));
    this.#sockets.set(ends.join(' '), socket);
    return socket;
  }

  #sendSegment({ from, fromPort, to, toPort, flags, seq, ack, data }: Segment): void {
    const ends = `${hostText(from)}:${fromPort} > ${hostText(to)}:${toPort}`;
    const acked = flags.has('ack') ? ` ack ${ack}` : '';
    this.#sendPacket(`tcp ${ends} ${[...flags].join(' ')} seq ${seq}${acked}${dataText(data)}`);
  }

  sendDatagram(to: string, fromPort: number, toPort: number, text: string): void {
    const ends = `${hostText(this.sourceFor(to))}:${fromPort} > ${hostText(to)}:${toPort}`;
    this.#sendPacket(`udp ${ends}${dataText(text)}`);
  }

  ping(to: string, size: number, sequence: number): void {
    const kind = to.includes(':') ? 'icmp6' : 'icmp';
    const words = `echo-request id ${4711 + this.port} seq ${sequence} len ${size}`;
    this.#sendPacket(`${kind} ${this.sourceFor(to)} > ${to} ${words}`);
  }

  #sendPacket(notation: string): void {
    const packet = packetBytes(notation);
    if (packet[0]! >>> 4 === 4) {
      put16(packet, 4, this.#id++);
      put16(packet, 10, 0);
      put16(packet, 10, headerChecksum(packet));
    }
    for (const part of fragments(packet)) this.#sendFrame(part);
  }

  #sendFrame(packet: Uint8Array): void {
    const frame = new Uint8Array(14 + packet.length);
    // Nobody looks at it: who a frame is for is told by its IP address here.
    frame.set([0x02, 0, 0, 0, 0, 0xff]);
    frame.set(this.mac, 6);
    put16(frame, 12, packet[0]! >>> 4 === 4 ? 0x0800 : 0x86dd);
    frame.set(packet, 14);
    this.#transmit(frame);
  }

  /** A frame for this host. */
  receive(frame: Uint8Array): void {
    const packet = frame.subarray(14);
    const v4 = packet[0]! >>> 4 === 4;
    const at = v4 ? 20 : 40;
    const from = v4 ? formatIPv4(u32(packet, 12)) : formatIPv6(packet, 8);
    const to = v4 ? formatIPv4(u32(packet, 16)) : formatIPv6(packet, 24);
    if (!this.owns(to)) return;
    const protocol = packet[v4 ? 9 : 6];
    const end = v4 ? u16(packet, 2) : 40 + u16(packet, 4);
    if (protocol === 1 || protocol === 58) this.#icmp(packet, at, end, from, to);
    else if (protocol === 6) this.#tcp(packet, at, end, from, to);
    else if (protocol === 17) this.#datagram(packet, at, end, from);
  }

  #icmp(packet: Uint8Array, at: number, end: number, from: string, to: string): void {
    const type = packet[at]!;
    const v4 = !to.includes(':');
    if (type === (v4 ? 0 : 129)) this.replies++;
    else if (type === (v4 ? 3 : 1)) this.errors++;
    else if (type === (v4 ? 8 : 128)) {
      const [id, sequence] = [u16(packet, at + 4), u16(packet, at + 6)];
      const words = `echo-reply id ${id} seq ${sequence} len ${end - at - 8}`;
      this.#sendPacket(`${v4 ? 'icmp' : 'icmp6'} ${to} > ${from} ${words}`);
    }
  }

  #tcp(packet: Uint8Array, at: number, end: number, from: string, to: string): void {
    const bits = packet[at + 13]!;
    const segment: Segment = {
      from,
      fromPort: u16(packet, at),
      to,
      toPort: u16(packet, at + 2),
      flags: new Set(FLAG_NAMES.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name)),
      seq: u32(packet, at + 4),
      ack: u32(packet, at + 8),
      data: String.fromCharCode(...packet.subarray(at + ((packet[at + 12]! >>> 4) << 2), end)),
    };
    const ends = [to, segment.toPort, from, segment.fromPort] as const;
    const known = this.#sockets.get(ends.join(' '));
    const listener = this.#listeners.get(segment.toPort);
    if (known !== undefined) known.take(segment);
    else if (listener !== undefined && segment.flags.has('syn') && !segment.flags.has('ack'))
      this.#socket(ends, listener()).take(segment);
  }

  #datagram(packet: Uint8Array, at: number, end: number, from: string): void {
    const [sport, dport] = [u16(packet, at), u16(packet, at + 2)];
    const program = this.#udp.get(dport);
    if (program !== undefined)
      program(String.fromCharCode(...packet.subarray(at + 8, end)), (port, text) =>
        this.sendDatagram(from, port, sport, text),
      );
    else this.#refuse(packet.subarray(0, end), from);
  }

  #refuse(packet: Uint8Array, from: string): void {
    const v4 = !from.includes(':');
    this.#sendPacket(
      `${v4 ? 'icmp' : 'icmp6'} ${this.sourceFor(from)} > ${from} port-unreachable about (hex ${hex(packet)})`,
    );
  }
}
