import { SCTP_HEADER_LENGTH, SctpView, sctpChecksum } from '../sctp.ts';
import type { SctpChunk } from '../sctp-chunks.ts';
import { hex8, type Names, nameOf } from './names.ts';
import { available, headerBytes, isCut, noPortsText, portsText, type Spot } from './spot.ts';

const CHUNK_NAMES: Readonly<Record<Exclude<SctpChunk['name'], 'unknown' | 'broken'>, string>> = {
  data: 'DATA',
  init: 'INIT',
  initAck: 'INIT ACK',
  sack: 'SACK',
  heartbeat: 'HB REQ',
  heartbeatAck: 'HB ACK',
  abort: 'ABORT',
  shutdown: 'SHUTDOWN',
  shutdownAck: 'SHUTDOWN ACK',
  error: 'OP ERR',
  cookieEcho: 'COOKIE ECHO',
  cookieAck: 'COOKIE ACK',
  ecnEcho: 'ECN ECHO',
  cwr: 'ECN CWR',
  shutdownComplete: 'SHUTDOWN COMPLETE',
};

/** Types that are kept as bytes. */
const OTHER_CHUNKS: Names = new Map([
  [0, 'DATA'],
  [1, 'INIT'],
  [2, 'INIT ACK'],
  [3, 'SACK'],
  [0x40, 'I-DATA'],
  [0x80, 'ASCONF-ACK'],
  [0x82, 'RE-CONFIG'],
  [0xc0, 'FOR CUM TSN'],
  [0xc1, 'ASCONF'],
  [0xc2, 'I-FORWARD-FSN'],
]);

/** Payload protocol identifiers that tcpdump has names for (IANA). */
const PAYLOAD_PROTOCOLS: Names = new Map([
  [1, 'ISDN Q.921'],
  [2, 'M2UA'],
  [3, 'M3UA'],
  [4, 'SUA'],
  [5, 'M2PA'],
  [6, 'V5.2'],
  [7, 'H.248'],
  [8, 'BICC'],
  [9, 'TALI'],
  [10, 'DUA'],
  [11, 'ASAP'],
  [12, 'ENRP'],
  [13, 'H.323'],
  [18, 'S1AP'],
  [27, 'X2AP'],
]);

function dataText(chunk: Extract<SctpChunk, { name: 'data' }>): string {
  const { flags, payloadProtocol: ppid } = chunk;
  const marks = `${flags & 4 ? '(U)' : ''}${flags & 2 ? '(B)' : ''}${flags & 1 ? '(E)' : ''}`;
  const protocol = nameOf(PAYLOAD_PROTOCOLS, ppid, `0x${ppid.toString(16)}`);
  const numbers = `[TSN: ${chunk.tsn}] [SID: ${chunk.streamId}] [SSEQ ${chunk.streamSequence}]`;
  return `${marks}${marks === '' ? '' : ' '}${numbers} [PPID ${protocol}] `;
}

function sackText(chunk: Extract<SctpChunk, { name: 'sack' }>): string {
  const { cumulativeTsn: base, gaps, duplicates } = chunk;
  const absolute = (offset: number) => (base + offset) >>> 0;
  const blocks = gaps.map(
    ([start, end], i) =>
      `[gap ack block #${i + 1}: start = ${absolute(start)}, end = ${absolute(end)}] `,
  );
  const repeats = duplicates.map((tsn, i) => `[dup TSN #${i + 1}: ${tsn}] `);
  const counts = `[#gap acks ${gaps.length}] [#dup tsns ${duplicates.length}] `;
  return `[cum ack ${base}] [a_rwnd ${chunk.advertisedWindow}] ${counts}${blocks.join('')}${repeats.join('')}`;
}

function detailText(chunk: SctpChunk): string {
  switch (chunk.name) {
    case 'data':
      return dataText(chunk);
    case 'init':
    case 'initAck':
      return (
        `[init tag: ${chunk.initiateTag}] [rwnd: ${chunk.advertisedWindow}] ` +
        `[OS: ${chunk.outboundStreams}] [MIS: ${chunk.inboundStreams}] [init TSN: ${chunk.initialTsn}] `
      );
    case 'sack':
      return sackText(chunk);
    default:
      return '';
  }
}

function chunkText(chunk: SctpChunk): string {
  if (chunk.name === 'broken') return '[bad chunk length]';
  const name =
    chunk.name === 'unknown'
      ? nameOf(OTHER_CHUNKS, chunk.type, `Unknown chunk type: 0x${chunk.type.toString(16)}`)
      : CHUNK_NAMES[chunk.name];
  return `[${name}] ${detailText(chunk)}`;
}

/** tcpdump does not check the sum; a wrong one is worth a word. */
function checksumText(spot: Spot, sctp: SctpView): string {
  if (spot.fragmented || isCut(spot)) return '';
  const expected = sctpChecksum(spot.bytes, spot.offset, available(spot));
  if (expected === sctp.checksum) return '';
  return ` [bad sctp cksum ${hex8(sctp.checksum)} -> ${hex8(expected)}!]`;
}

export function printSctp(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < 4) return `${noPortsText(spot)} [|sctp]`;
  const sctp = new SctpView(bytes);
  const ports = portsText(spot, sctp.sourcePort, sctp.destinationPort);
  if (bytes.length < SCTP_HEADER_LENGTH) return `${ports} [|sctp]`;
  const chunks = sctp.chunks.map((chunk, i) => `(${i + 1}) ${chunkText(chunk)}`);
  const list = chunks.length === 0 ? '' : ` ${chunks.join(', ').trimEnd()}`;
  return `${ports}sctp${checksumText(spot, sctp)}${list}`;
}
