import { formatIPv4, u16, u32 } from '../../bytes/index.ts';
import { expectedIPv4Checksum } from '../checksums.ts';
import type { IPv4View } from '../ipv4.ts';
import { IPOPT_BROKEN, type IPv4Option, readIPv4Options } from '../ipv4-options.ts';
import { flagNames, type Names, nameOf, protocolName } from './names.ts';

const OPTION_NAMES: Names = new Map([
  [0, 'EOL'],
  [1, 'NOP'],
  [7, 'RR'],
  [68, 'timestamp'],
  [130, 'security'],
  [131, 'LSRR'],
  [137, 'SSRR'],
  [148, 'RA'],
]);

const addressAt = (bytes: Uint8Array, at: number): string => formatIPv4(u32(bytes, at));

/** The addresses of a route; those before the pointer were visited (RFC 791 §3.1). */
function routeText(data: Uint8Array): string {
  const addresses: string[] = [];
  for (let at = 1; at + 4 <= data.length; at += 4) addresses.push(` ${addressAt(data, at)}`);
  return addresses.join('');
}

const TIMESTAMP_KINDS = ['TSONLY', 'TS+ADDR', '', 'PRESPEC'];

function timestampText(data: Uint8Array): string {
  const kind = (data[1] ?? 0) & 0x0f;
  const size = kind === 0 ? 4 : 8;
  const entries: string[] = [];
  for (let at = 2; at + size <= data.length; at += size) {
    const address = kind === 0 ? '' : addressAt(data, at);
    entries.push(` ${u32(data, at + size - 4)}@${address}`);
  }
  return ` TS{${TIMESTAMP_KINDS[kind] ?? `kind ${kind}`}${entries.join('')}}`;
}

function optionText({ type, data }: IPv4Option): string {
  if (type === IPOPT_BROKEN) {
    const name = nameOf(OPTION_NAMES, data[0] ?? 0, `unknown ${data[0]}`);
    return `${name} [bad length ${data[1] ?? 0}]`;
  }
  const name = nameOf(OPTION_NAMES, type, `unknown ${type}`);
  if (type === 7 || type === 131 || type === 137) return name + routeText(data);
  if (type === 68) return name + timestampText(data);
  if (type === 148 && u16(data, 0) !== 0) return `${name} value ${u16(data, 0)}`;
  return name;
}

const FLAGS = [
  [0x2000, '+'],
  [0x4000, 'DF'],
  [0x8000, 'rsvd'],
] as const;

/** After the tos, where congestion control has something to say (RFC 3168 §5). */
const ECN_TEXT = ['', ',ECT(1)', ',ECT(0)', ',CE'];

function checksumText(ip: IPv4View): string {
  const expected = expectedIPv4Checksum(ip.bytes, 0);
  if (expected === ip.checksum) return '';
  return `, bad cksum ${ip.checksum.toString(16)} (->${expected.toString(16)})!`;
}

/** `(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)` */
export function ipv4HeaderText(ip: IPv4View): string {
  const options = readIPv4Options(ip.options);
  const list = options.length === 0 ? '' : `, options (${options.map(optionText).join(',')})`;
  const protocol = `proto ${protocolName(ip.protocol)} (${ip.protocol})`;
  const tos = `tos 0x${ip.tos.toString(16)}${ECN_TEXT[ip.ecn]}`;
  const flags = `flags [${flagNames(ip.flagsFragment, FLAGS)}]`;
  const place = `id ${ip.identification}, offset ${ip.fragmentOffset}, ${flags}`;
  return `(${tos}, ttl ${ip.ttl}, ${place}, ${protocol}, length ${ip.totalLength}${list}${checksumText(ip)})`;
}
