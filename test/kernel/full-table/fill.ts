// As many connections as a table takes, put into the running kernel by ctnetlink, and into the engine.

import { put32 } from '../../../src/bytes/index.ts';
import { LITTLE_ENDIAN, type Libc, NetlinkSocket } from '../../../src/linux/index.ts';
import { connectionRequest, encodeMessage, type Message } from '../../../src/netlink/index.ts';
import {
  IPPROTO_UDP,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_SEEN_REPLY,
  NLM_F_ACK,
} from '../../../src/uapi/index.ts';

/** Of so many connections one is not assured, and may be dropped early. */
const SPARE = 8;
const SERVER = '192.0.2.9';
/** Clients are numbered from here; the first of them stands for all in a message. */
const FIRST = 0x0b000000;
/** Messages that are sent at once. */
const AT_ONCE = 300;

export const statusOf = (i: number): number =>
  i % SPARE === 0 ? IPS_CONFIRMED : IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_ASSURED;

export const clientOf = (i: number): string => {
  const address = FIRST + i;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
};

export const endsOf = (i: number) => ({
  original: { src: clientOf(i), dst: SERVER, sport: 4000, dport: 53 },
  reply: { src: SERVER, dst: clientOf(i), sport: 53, dport: 4000 },
});

const request = (status: number): Message =>
  connectionRequest(
    'create',
    { family: 'ip', protocol: IPPROTO_UDP, ...endsOf(0), timeout: 3000, status },
    0,
    LITTLE_ENDIAN,
  );

/** Where the client stands in a message, twice. */
function placesOf(bytes: Uint8Array): number[] {
  const places: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 16; at + 4 <= bytes.length; at += 4)
    if (view.getUint32(at) === FIRST) places.push(at);
  return places;
}

interface Form {
  readonly bytes: Uint8Array;
  readonly places: readonly number[];
}

function form(status: number): Form {
  // Only what is refused is answered.
  const message = request(status);
  const bytes = encodeMessage({ ...message, flags: message.flags & ~NLM_F_ACK }, LITTLE_ENDIAN);
  return { bytes, places: placesOf(bytes) };
}

/** Connections `from` … `to` − 1; gives what was refused, errno by errno. */
export function fillKernel(libc: Libc, from: number, to: number): number[] {
  const socket = new NetlinkSocket(libc);
  const forms = new Map([statusOf(0), statusOf(1)].map((status) => [status, form(status)]));
  const refused: number[] = [];
  for (let i = from; i < to; i += AT_ONCE) {
    const parts = Array.from({ length: Math.min(AT_ONCE, to - i) }, (_, n) =>
      filledIn(forms.get(statusOf(i + n))!, i + n),
    );
    const { errors } = socket.transact(Buffer.concat(parts));
    refused.push(...[...errors.values()].map(({ errno }) => errno));
  }
  socket.close();
  return refused;
}

function filledIn({ bytes, places }: Form, i: number): Uint8Array {
  const copy = bytes.slice();
  // Answers are told apart by it.
  new DataView(copy.buffer).setUint32(8, i + 1, LITTLE_ENDIAN);
  for (const at of places) put32(copy, at, FIRST + i);
  return copy;
}
