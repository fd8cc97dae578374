import { hex } from '../../bytes/index.ts';
import { TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, TCPHDR_URG } from '../../uapi/index.ts';
import { expectedChecksum } from '../checksums.ts';
import { TCP_HEADER_LENGTH, TcpView } from '../tcp.ts';
import { readTcpOptions, type TcpOption } from '../tcp-options.ts';
import { flagNames, hex4 } from './names.ts';
import { headerBytes, isCut, noPortsText, portsText, type Spot } from './spot.ts';

const LETTERS = [
  [0x01, 'F'],
  [0x02, 'S'],
  [0x04, 'R'],
  [0x08, 'P'],
  [0x10, '.'],
  [0x20, 'U'],
  [0x40, 'E'],
  [0x80, 'W'],
  [0x100, 'e'],
] as const;

/** The first half of the first byte of an MPTCP option (RFC 8684 §3). */
const MPTCP_SUBTYPES = [
  'capable',
  'join',
  'dss',
  'add-addr',
  'rem-addr',
  'prio',
  'fail',
  'fast-close',
  'rst',
];

function mptcpText(data: Uint8Array): string {
  const subtype = (data[0] ?? 0) >>> 4;
  return `mptcp ${data.length + 2} ${MPTCP_SUBTYPES[subtype] ?? `unknown-${subtype}`}`;
}

function sackText(blocks: readonly (readonly [number, number])[]): string {
  const edges = blocks.map(([left, right]) => `{${left}:${right}}`);
  return `sack ${blocks.length} ${edges.join('')}`;
}

function optionText(option: TcpOption): string {
  switch (option.name) {
    case 'mss':
      return `mss ${option.mss}`;
    case 'windowScale':
      return `wscale ${option.shift}`;
    case 'sackPermitted':
      return 'sackOK';
    case 'sack':
      return sackText(option.blocks);
    case 'timestamps':
      return `TS val ${option.value} ecr ${option.echo}`;
    case 'fastOpen':
      return option.cookie.length === 0 ? 'tfo cookiereq' : `tfo cookie ${hex(option.cookie)}`;
    case 'md5':
      return `md5 ${hex(option.digest)}`;
    case 'mptcp':
      return mptcpText(option.data);
    case 'unknown':
      return `unknown-${option.kind} 0x${hex(option.data)}`;
    case 'broken':
      return '[bad opt]';
    default:
      return option.name;
  }
}

/** `mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7` */
export const tcpOptionsText = (bytes: Uint8Array): string =>
  readTcpOptions(bytes).map(optionText).join(',');

/** `S`, `S.`, `FP.` or `none`. */
export const tcpFlagsText = (flags: number): string => flagNames(flags, LETTERS, '');

/** `0x1234 (correct)` or `0x1234 (incorrect -> 0x4321)`. */
export const verdictOn = (actual: number, expected: number): string =>
  actual === expected
    ? `${hex4(actual)} (correct)`
    : `${hex4(actual)} (incorrect -> ${hex4(expected)})`;

function checksumText(spot: Spot, tcp: TcpView): string {
  if (spot.fragmented || isCut(spot)) return '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  return expected < 0 ? '' : `, cksum ${verdictOn(tcp.checksum, expected)}`;
}

/** The sequence numbers are those in the packet, as with `tcpdump -S`. */
function sequenceText(tcp: TcpView, length: number): string {
  const { flags, sequence } = tcp;
  const wanted = length > 0 || (flags & (TCPHDR_SYN | TCPHDR_FIN | TCPHDR_RST)) !== 0;
  if (!wanted) return '';
  const range = length > 0 ? `:${(sequence + length) >>> 0}` : '';
  return `, seq ${sequence}${range}`;
}

function bodyText(spot: Spot, tcp: TcpView): string {
  const { headerLength, flags } = tcp;
  const length = spot.length - headerLength;
  const ack = flags & TCPHDR_ACK ? `, ack ${tcp.acknowledgment}` : '';
  const urgent = flags & TCPHDR_URG ? `, urg ${tcp.urgentPointer}` : '';
  const options =
    headerLength > TCP_HEADER_LENGTH ? `, options [${tcpOptionsText(tcp.options)}]` : '';
  const sums = checksumText(spot, tcp);
  const numbers = `${sequenceText(tcp, length)}${ack}, win ${tcp.window}${urgent}`;
  return `Flags [${tcpFlagsText(flags)}]${sums}${numbers}${options}, length ${length}`;
}

export function printTcp(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < 4) return `${noPortsText(spot)} [|tcp]`;
  const tcp = new TcpView(bytes);
  const ports = portsText(spot, tcp.sourcePort, tcp.destinationPort);
  if (bytes.length < TCP_HEADER_LENGTH) return `${ports} [|tcp]`;
  const { headerLength } = tcp;
  if (headerLength < TCP_HEADER_LENGTH) {
    const carried = spot.length - headerLength;
    return `${ports} tcp ${carried} [bad hdr length ${headerLength} - too short, < 20]`;
  }
  if (headerLength > spot.length) {
    const flags = `Flags [${tcpFlagsText(tcp.flags)}]`;
    return `${ports}${flags} [bad hdr length ${headerLength} - too long, > ${spot.length}]`;
  }
  return `${ports}${bodyText(spot, tcp)}`;
}
