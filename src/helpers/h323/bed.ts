// For tests: H.323 messages put together bit by bit, by X.691 and not by what reads them.

/** A writer of aligned PER. */
export class PerWriter {
  readonly #bits: number[] = [];

  bits(value: number, width: number): this {
    for (let i = width - 1; i >= 0; i--) this.#bits.push(Math.floor(value / 2 ** i) % 2);
    return this;
  }

  /** One bit for each. */
  flags(...set: readonly boolean[]): this {
    for (const one of set) this.#bits.push(one ? 1 : 0);
    return this;
  }

  align(): this {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
    return this;
  }

  octets(...octets: readonly number[]): this {
    this.align();
    for (const octet of octets) this.bits(octet, 8);
    return this;
  }

  word(value: number): this {
    return this.octets(value >> 8, value & 255);
  }

  length(octets: number): this {
    return octets < 0x80 ? this.octets(octets) : this.word(octets | 0x8000);
  }

  /** An open type, or an octet string that holds something. */
  open(content: Content): this {
    const bytes = content instanceof Uint8Array ? content : written(content);
    return this.length(bytes.length).octets(...bytes);
  }

  /** Additions of a sequence, by position; `known` is how many there are to its writer. */
  additions(known: number, present: Readonly<Record<number, Content>>): this {
    const at = [...Array(known).keys()];
    this.bits(known - 1, 7).flags(...at.map((i) => present[i] !== undefined));
    for (const i of at) if (present[i] !== undefined) this.open(present[i]);
    return this;
  }

  with(part: Part): this {
    part(this);
    return this;
  }

  bytes(): Uint8Array {
    const whole = new Uint8Array(Math.max(1, Math.ceil(this.#bits.length / 8)));
    for (const [i, bit] of this.#bits.entries()) whole[i >> 3]! |= bit << (7 - (i & 7));
    return whole;
  }
}

export type Part = (to: PerWriter) => unknown;
export type Content = Part | Uint8Array;

export const written = (part: Part): Uint8Array => new PerWriter().with(part).bytes();

/** `10.0.0.2:1720`, `[2001:db8::2]:1720`; `ipx` is an address of another kind. */
export type End = string;

const portOf = (end: End): number => Number(end.slice(end.lastIndexOf(':') + 1));
const isIp6 = (end: End): boolean => end.startsWith('[');

function octetsOf(end: End): number[] {
  if (!isIp6(end)) return end.slice(0, end.indexOf(':')).split('.').map(Number);
  const [before = '', behind = ''] = end.slice(1, end.indexOf(']')).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(behind)];
  const zeros = Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 255]);
}

/** TransportAddress of H.225.0: extensible, seven alternatives. */
export const address = (end: End): Part => {
  if (end === 'ipx')
    return (to) =>
      to.bits(0, 1).bits(2, 3).octets(1, 2, 3, 4, 5, 6).octets(7, 8, 9, 10).octets(0, 9);
  const [octets, port] = [octetsOf(end), portOf(end)];
  if (!isIp6(end))
    return (to) =>
      to
        .bits(0, 1)
        .bits(0, 3)
        .octets(...octets)
        .word(port);
  return (to) =>
    to
      .bits(0, 1)
      .bits(3, 3)
      .bits(0, 1)
      .octets(...octets)
      .word(port);
};

/** TransportAddress of H.245: unicast of five alternatives, each extensible. */
export const channelAddress = (end: End): Part => {
  const [octets, port] = [octetsOf(end), portOf(end)];
  return (to) =>
    to
      .flags(false)
      .bits(0, 1)
      .flags(false)
      .bits(isIp6(end) ? 2 : 0, 3)
      .flags(false)
      .octets(...octets)
      .word(port);
};

export const PROTOCOL: Part = (to) => to.octets(6, 0, 8, 0x91, 0x4a, 0, 4);
const GUID = [...Array(16).keys()];
export const guid: Part = (to) => to.octets(...GUID);
/** With an extension bit of its own. */
export const callIdentifier: Part = (to) => to.flags(false).with(guid);
export const yes: Part = (to) => to.flags(true);
export const no: Part = (to) => to.flags(false);

export const vendor: Part = (to) =>
  to
    .flags(false, true, true)
    .flags(false)
    .octets(9, 0)
    .word(61)
    .octets(3, ...[...'test'].map((c) => c.charCodeAt(0)))
    .octets(0, 0x31);
/** EndpointType of a terminal with its vendor. */
export const endpoint: Part = (to) =>
  to
    .flags(false)
    .flags(false, true, false, false, false, true)
    .with(vendor)
    .flags(false, false)
    .flags(false, false);

export const list =
  (ends: readonly End[]): Part =>
  (to) => {
    to.length(ends.length);
    for (const end of ends) address(end)(to);
  };

/** BMPString (SIZE (1..128)) */
export const identifier: Part = (to) => to.bits(1, 7).octets(0, 0x61, 0, 0x62);
