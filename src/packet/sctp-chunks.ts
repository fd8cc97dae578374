import { put16, u16, u32, Writer } from '../bytes/index.ts';
import {
  SCTP_CID_ABORT,
  SCTP_CID_COOKIE_ACK,
  SCTP_CID_COOKIE_ECHO,
  SCTP_CID_DATA,
  SCTP_CID_ECN_CWR,
  SCTP_CID_ECN_ECNE,
  SCTP_CID_ERROR,
  SCTP_CID_HEARTBEAT,
  SCTP_CID_HEARTBEAT_ACK,
  SCTP_CID_INIT,
  SCTP_CID_INIT_ACK,
  SCTP_CID_SACK,
  SCTP_CID_SHUTDOWN,
  SCTP_CID_SHUTDOWN_ACK,
  SCTP_CID_SHUTDOWN_COMPLETE,
} from '../uapi/index.ts';

/**
 * Type, length and value: a parameter of INIT and HEARTBEAT, or a cause of ABORT and ERROR (RFC
 * 9260 §3.2.1, §3.3.10).
 */
export interface SctpParameter {
  readonly type: number;
  readonly value: Uint8Array;
}

interface InitBody {
  readonly initiateTag: number;
  readonly advertisedWindow: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly initialTsn: number;
  readonly parameters: readonly SctpParameter[];
}

/**
 * A chunk (RFC 9260 §3.3); `flags` as on the wire. What does not have its type's shape is
 * `unknown`.
 */
export type SctpChunk = { readonly flags: number } & (
  | {
      readonly name: 'data';
      readonly tsn: number;
      readonly streamId: number;
      readonly streamSequence: number;
      readonly payloadProtocol: number;
      readonly payload: Uint8Array;
    }
  | ({ readonly name: 'init' | 'initAck' } & InitBody)
  | {
      readonly name: 'sack';
      readonly cumulativeTsn: number;
      readonly advertisedWindow: number;
      /** Start and end of each block, as offsets from the cumulative TSN. */
      readonly gaps: readonly (readonly [number, number])[];
      readonly duplicates: readonly number[];
    }
  | {
      readonly name: 'heartbeat' | 'heartbeatAck' | 'abort' | 'error';
      readonly parameters: readonly SctpParameter[];
    }
  | { readonly name: 'shutdown' | 'ecnEcho' | 'cwr'; readonly tsn: number }
  | { readonly name: 'shutdownAck' | 'cookieAck' | 'shutdownComplete' }
  | { readonly name: 'cookieEcho'; readonly cookie: Uint8Array }
  | { readonly name: 'unknown'; readonly type: number; readonly value: Uint8Array }
  /** The bytes from the first chunk on whose length cannot be. */
  | { readonly name: 'broken'; readonly value: Uint8Array }
);

type ChunkName = SctpChunk['name'];

const TYPES = {
  data: SCTP_CID_DATA,
  init: SCTP_CID_INIT,
  initAck: SCTP_CID_INIT_ACK,
  sack: SCTP_CID_SACK,
  heartbeat: SCTP_CID_HEARTBEAT,
  heartbeatAck: SCTP_CID_HEARTBEAT_ACK,
  abort: SCTP_CID_ABORT,
  shutdown: SCTP_CID_SHUTDOWN,
  shutdownAck: SCTP_CID_SHUTDOWN_ACK,
  error: SCTP_CID_ERROR,
  cookieEcho: SCTP_CID_COOKIE_ECHO,
  cookieAck: SCTP_CID_COOKIE_ACK,
  ecnEcho: SCTP_CID_ECN_ECNE,
  cwr: SCTP_CID_ECN_CWR,
  shutdownComplete: SCTP_CID_SHUTDOWN_COMPLETE,
} as const satisfies { readonly [N in Exclude<ChunkName, 'unknown' | 'broken'>]: number };

const padded = (length: number): number => (length + 3) & ~3;

/** Undefined where the parameters do not fill the value exactly. */
function readParameters(value: Uint8Array): SctpParameter[] | undefined {
  const parameters: SctpParameter[] = [];
  let at = 0;
  while (at < value.length) {
    const length = u16(value, at + 2);
    if (length < 4 || at + length > value.length) return undefined;
    parameters.push({ type: u16(value, at), value: value.subarray(at + 4, at + length) });
    at += padded(length);
  }
  return parameters;
}

function readInit(name: 'init' | 'initAck', flags: number, v: Uint8Array): SctpChunk | undefined {
  const parameters = readParameters(v.subarray(16));
  if (v.length < 16 || parameters === undefined) return undefined;
  return {
    name,
    flags,
    initiateTag: u32(v, 0),
    advertisedWindow: u32(v, 4),
    outboundStreams: u16(v, 8),
    inboundStreams: u16(v, 10),
    initialTsn: u32(v, 12),
    parameters,
  };
}

function readData(flags: number, v: Uint8Array): SctpChunk | undefined {
  if (v.length < 12) return undefined;
  return {
    name: 'data',
    flags,
    tsn: u32(v, 0),
    streamId: u16(v, 4),
    streamSequence: u16(v, 6),
    payloadProtocol: u32(v, 8),
    payload: v.subarray(12),
  };
}

function readSack(flags: number, v: Uint8Array): SctpChunk | undefined {
  if (v.length < 12) return undefined;
  const gaps = u16(v, 8);
  const duplicates = u16(v, 10);
  if (v.length !== 12 + 4 * (gaps + duplicates)) return undefined;
  return {
    name: 'sack',
    flags,
    cumulativeTsn: u32(v, 0),
    advertisedWindow: u32(v, 4),
    gaps: Array.from({ length: gaps }, (_, i) => [u16(v, 12 + 4 * i), u16(v, 14 + 4 * i)] as const),
    duplicates: Array.from({ length: duplicates }, (_, i) => u32(v, 12 + 4 * (gaps + i))),
  };
}

function readKnown(type: number, flags: number, value: Uint8Array): SctpChunk | undefined {
  const parameters = (name: 'heartbeat' | 'heartbeatAck' | 'abort' | 'error') => {
    const list = readParameters(value);
    return list && { name, flags, parameters: list };
  };
  const tsn = (name: 'shutdown' | 'ecnEcho' | 'cwr') =>
    value.length === 4 ? { name, flags, tsn: u32(value, 0) } : undefined;
  const empty = (name: 'shutdownAck' | 'cookieAck' | 'shutdownComplete') =>
    value.length === 0 ? { name, flags } : undefined;
  switch (type) {
    case TYPES.data:
      return readData(flags, value);
    case TYPES.init:
      return readInit('init', flags, value);
    case TYPES.initAck:
      return readInit('initAck', flags, value);
    case TYPES.sack:
      return readSack(flags, value);
    case TYPES.heartbeat:
      return parameters('heartbeat');
    case TYPES.heartbeatAck:
      return parameters('heartbeatAck');
    case TYPES.abort:
      return parameters('abort');
    case TYPES.error:
      return parameters('error');
    case TYPES.shutdown:
      return tsn('shutdown');
    case TYPES.ecnEcho:
      return tsn('ecnEcho');
    case TYPES.cwr:
      return tsn('cwr');
    case TYPES.shutdownAck:
      return empty('shutdownAck');
    case TYPES.cookieAck:
      return empty('cookieAck');
    case TYPES.shutdownComplete:
      return empty('shutdownComplete');
    case TYPES.cookieEcho:
      return { name: 'cookieEcho', flags, cookie: value };
    default:
      return undefined;
  }
}

/** Total for any bytes: all chunks after the common header. */
export function readSctpChunks(bytes: Uint8Array): SctpChunk[] {
  const chunks: SctpChunk[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = u16(bytes, at + 2);
    if (length < 4 || at + length > bytes.length) {
      chunks.push({ name: 'broken', flags: 0, value: bytes.subarray(at) });
      break;
    }
    const type = bytes[at]!;
    const flags = bytes[at + 1]!;
    const value = bytes.subarray(at + 4, at + length);
    chunks.push(readKnown(type, flags, value) ?? { name: 'unknown', flags, type, value });
    at += padded(length);
  }
  return chunks;
}

/** The last parameter's padding is not part of the chunk's length (RFC 9260 §3.2). */
function writeParameters(w: Writer, parameters: readonly SctpParameter[]): void {
  for (const { type, value } of parameters) {
    w.align(4)
      .u16(type)
      .u16(value.length + 4)
      .bytes(value);
  }
}

function writeValue(w: Writer, chunk: SctpChunk): void {
  switch (chunk.name) {
    case 'data':
      w.u32(chunk.tsn).u16(chunk.streamId).u16(chunk.streamSequence);
      w.u32(chunk.payloadProtocol).bytes(chunk.payload);
      return;
    case 'init':
    case 'initAck':
      w.u32(chunk.initiateTag).u32(chunk.advertisedWindow);
      w.u16(chunk.outboundStreams).u16(chunk.inboundStreams).u32(chunk.initialTsn);
      writeParameters(w, chunk.parameters);
      return;
    case 'sack':
      w.u32(chunk.cumulativeTsn).u32(chunk.advertisedWindow);
      w.u16(chunk.gaps.length).u16(chunk.duplicates.length);
      for (const [start, end] of chunk.gaps) w.u16(start).u16(end);
      for (const tsn of chunk.duplicates) w.u32(tsn);
      return;
    case 'heartbeat':
    case 'heartbeatAck':
    case 'abort':
    case 'error':
      writeParameters(w, chunk.parameters);
      return;
    case 'shutdown':
    case 'ecnEcho':
    case 'cwr':
      w.u32(chunk.tsn);
      return;
    case 'cookieEcho':
      w.bytes(chunk.cookie);
      return;
    case 'unknown':
      w.bytes(chunk.value);
      return;
    default:
      return;
  }
}

/** One chunk with its padding. */
export function encodeSctpChunk(chunk: SctpChunk): Uint8Array {
  if (chunk.name === 'broken') return chunk.value;
  const type = chunk.name === 'unknown' ? chunk.type : TYPES[chunk.name];
  const w = new Writer(32).u8(type).u8(chunk.flags).u16(0);
  writeValue(w, chunk);
  const { length } = w;
  const bytes = w.align(4).finish();
  put16(bytes, 2, length);
  return bytes;
}
