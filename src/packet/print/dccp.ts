import { DCCP_PKT_RESET } from '../../uapi/index.ts';
import { expectedChecksum } from '../checksums.ts';
import { type DccpView, parseDccp } from '../dccp.ts';
import { isMalformed } from '../malformed.ts';
import { headerBytes, isCut, noPortsText, portsText, type Spot } from './spot.ts';
import { verdictOn } from './tcp.ts';

const TYPE_NAMES = [
  'DCCP-Request',
  'DCCP-Response',
  'DCCP-Data',
  'DCCP-Ack',
  'DCCP-DataAck',
  'DCCP-CloseReq',
  'DCCP-Close',
  'DCCP-Reset',
  'DCCP-Sync',
  'DCCP-SyncAck',
];

/** RFC 4340 §5.6, table 2. */
const RESET_CODES = [
  'no_error',
  'closed',
  'aborted',
  'no_connection',
  'packet_error',
  'option_error',
  'mandatory_error',
  'connection_refused',
  'bad_service_code',
  'too_busy',
  'bad_init_cookie',
  'aggression_penalty',
];

function checksumText(spot: Spot, dccp: DccpView): string {
  if (spot.fragmented || isCut(spot)) return '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  return expected < 0 ? '' : `, cksum ${verdictOn(dccp.checksum, expected)}`;
}

function detailText(dccp: DccpView): string {
  const { extra, acknowledgment } = dccp;
  const ack = acknowledgment === undefined ? '' : ` (ack=${acknowledgment})`;
  if (extra === undefined) return ack;
  if (dccp.type !== DCCP_PKT_RESET) return ` (service=${extra})${ack}`;
  const code = extra >>> 24;
  return ` (code=${RESET_CODES[code] ?? `reset-code-${code}`})${ack}`;
}

export function printDccp(spot: Spot): string {
  const dccp = parseDccp(headerBytes(spot));
  if (isMalformed(dccp)) return `${noPortsText(spot)} [|dccp]`;
  const type = TYPE_NAMES[dccp.type] ?? `unknown-type-${dccp.type}`;
  const sums = `(CCVal ${dccp.ccval}, CsCov ${dccp.checksumCoverage}${checksumText(spot, dccp)})`;
  const ports = portsText(spot, dccp.sourcePort, dccp.destinationPort);
  return `${ports}DCCP ${sums} ${type}${detailText(dccp)}`;
}
