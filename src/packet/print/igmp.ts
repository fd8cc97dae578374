import { formatIPv4 } from '../../bytes/index.ts';
import { expectedChecksum } from '../checksums.ts';
import { IGMP_HEADER_LENGTH, IgmpView, igmpFields } from '../igmp.ts';
import { isMalformed } from '../malformed.ts';
import { recordText } from './icmpv6.ts';
import { headerBytes, isCut, type Spot } from './spot.ts';

const groupText = (igmp: IgmpView): string =>
  igmp.group === 0 ? '' : ` [gaddr ${formatIPv4(igmp.group)}]`;

/**
 * In tenths of a second; from 128 on a mantissa of 4 bits and an exponent of 3 (RFC 3376 §4.1.1).
 */
const responseTime = (code: number): number =>
  code < 128 ? code : ((code & 0x0f) | 0x10) << (((code >>> 4) & 7) + 3);

function durationText(tenths: number): string {
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const rest = Math.floor((tenths % 600) / 10);
  return `${Math.floor(tenths / 600)}m${rest === 0 ? '' : `${rest}s`}`;
}

function query3(igmp: IgmpView): string {
  const fields = igmpFields(igmp);
  const code = igmp.maxResponseCode;
  const time = code === 100 ? '' : ` [max resp time ${durationText(responseTime(code))}]`;
  if (isMalformed(fields)) return ` v3${time} [|igmp]`;
  const sources = fields.sources ?? [];
  if (sources.length > 0) {
    return ` v3${time} [gaddr ${fields.group}, ${sources.length} source(s)]`;
  }
  return ` v3${time}${groupText(igmp)}`;
}

function queryText(igmp: IgmpView): string {
  if (igmp.queryVersion === 3) return `igmp query${query3(igmp)}`;
  const code = igmp.maxResponseCode;
  const version = code === 0 ? ' v1' : code === 100 ? ' v2' : ` v2 [max resp time ${code}]`;
  return `igmp query${version}${groupText(igmp)}`;
}

function report3(igmp: IgmpView): string {
  const fields = igmpFields(igmp);
  if (isMalformed(fields)) return 'igmp v3 report [|igmp]';
  const records = fields.records ?? [];
  return `igmp v3 report, ${records.length} group record(s)${records.map(recordText).join('')}`;
}

function messageText(igmp: IgmpView): string {
  const group = formatIPv4(igmp.group);
  switch (igmp.type) {
    case 0x11:
      return queryText(igmp);
    case 0x12:
      return `igmp v1 report ${group}`;
    case 0x16:
      return `igmp v2 report ${group}`;
    case 0x17:
      return `igmp leave ${group}`;
    case 0x22:
      return report3(igmp);
    default:
      return `igmp-${igmp.type}`;
  }
}

function checksumText(spot: Spot, igmp: IgmpView): string {
  if (spot.fragmented || isCut(spot)) return '';
  const { bytes, network, offset, end, protocol } = spot;
  const expected = expectedChecksum(bytes, network, offset, end, protocol);
  return expected === igmp.checksum ? '' : ` bad igmp cksum ${igmp.checksum.toString(16)}!`;
}

export function printIgmp(spot: Spot): string {
  const bytes = headerBytes(spot);
  if (bytes.length < IGMP_HEADER_LENGTH) return ' [|igmp]';
  const igmp = new IgmpView(bytes);
  return messageText(igmp) + checksumText(spot, igmp);
}
