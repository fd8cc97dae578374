import { formatIPv6, u32 } from '../../bytes/index.ts';
import type { IPv6View } from '../ipv6.ts';
import {
  ExtensionView,
  FragmentView,
  MobilityView,
  OptionsView,
  RoutingView,
} from '../ipv6-extensions.ts';
import { IPV6_TLV_BROKEN, type IPv6Option } from '../ipv6-options.ts';
import { hex4, hex8, protocolName } from './names.ts';

/** `(class 0xb8, flowlabel 0x12345, hlim 64, next-header TCP (6) payload length: 40)` */
export function ipv6HeaderText(ip: IPv6View): string {
  const { trafficClass, flowLabel } = ip;
  const trafficText =
    trafficClass === 0 ? '' : `class 0x${trafficClass.toString(16).padStart(2, '0')}, `;
  const flowText =
    flowLabel === 0 ? '' : `flowlabel 0x${flowLabel.toString(16).padStart(5, '0')}, `;
  const next = `next-header ${protocolName(ip.nextHeader)} (${ip.nextHeader})`;
  return `(${trafficText}${flowText}hlim ${ip.hopLimit}, ${next} payload length: ${ip.payloadLength})`;
}

function optionText({ type, data }: IPv6Option): string {
  switch (type) {
    case IPV6_TLV_BROKEN:
      return '[bad option]';
    case 0:
      return '(pad1)';
    case 1:
      return '(padn)';
    case 5:
      return data.length === 2
        ? `(rtalert: ${hex4((data[0]! << 8) | data[1]!)}) `
        : '(rtalert: bad)';
    case 194:
      return data.length === 4 ? `(jumbo: ${u32(data, 0)}) ` : '(jumbo: bad)';
    case 201:
      return data.length >= 16 ? `(homeaddr: ${formatIPv6(data)})` : '(homeaddr: bad)';
    default:
      return `(opt_type 0x${type.toString(16).padStart(2, '0')}: len=${data.length})`;
  }
}

const optionsText = (name: string, header: Uint8Array): string =>
  `${name} ${new OptionsView(header).options.map(optionText).join('').trimEnd()} `;

function routingText(header: Uint8Array): string {
  const view = new RoutingView(header);
  const { type } = view;
  const list = view.addresses.map((address, i) => `, [${i}]${formatIPv6(address)}`).join('');
  const head = `len=${header[1]}, type=${type}${type === 0 ? ' [Deprecated]' : ''}, segleft=${view.segmentsLeft}`;
  if (type === 4) {
    const flags = `flags=0x${view.flags.toString(16)}, tag=${view.tag.toString(16)}`;
    return `RT6 (${head}, last-entry=${view.lastEntry}, ${flags}${list}) `;
  }
  const known = type === 0 || type === 2;
  return known ? `RT6 (${head}, rsv=0x${u32(header, 4).toString(16)}${list}) ` : `RT6 (${head}) `;
}

function fragmentText(header: Uint8Array, rest: number): string {
  const view = new FragmentView(header);
  return `frag (${hex8(view.identification)}:${view.fragmentOffset}|${rest}) `;
}

/**
 * What is said of the extension header of protocol `protocol`, with a space after it; `rest` is
 * what it carries, in bytes.
 */
export function extensionText(protocol: number, header: Uint8Array, rest: number): string {
  switch (protocol) {
    case 0:
      return optionsText('HBH', header);
    case 43:
      return routingText(header);
    case 44:
      return fragmentText(header, rest);
    default:
      return optionsText('DSTOPT', header);
  }
}

/** Mobility header types (RFC 6275 §6.1). */
const MOBILITY = ['BRR', 'HoTI', 'CoTI', 'HoT', 'CoT', 'BU', 'BA', 'BE'];

export function printMobility(header: Uint8Array): string {
  if (header.length < 8) return ' [|mobility]';
  const view = new MobilityView(header);
  const { length } = new ExtensionView(header).body;
  return `mobility: ${MOBILITY[view.type] ?? `type-#${view.type} len=${length + 2}`}`;
}
