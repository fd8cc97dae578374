import { formatMac, put16, u16 } from '../bytes/index.ts';
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_QINQ1, ETH_P_QINQ2 } from '../uapi/index.ts';
import { macBytes } from './address.ts';
import { type Malformed, shortHeader } from './malformed.ts';

export const ETHERNET_DESTINATION = 0;
export const ETHERNET_SOURCE = 6;
export const ETHERNET_TYPE = 12;
export const ETHERNET_HEADER_LENGTH = ETH_HLEN;

/** An Ethernet II (or 802.3) frame without preamble and check sequence. */
export class EthernetView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get destination(): Uint8Array {
    return this.bytes.subarray(ETHERNET_DESTINATION, ETHERNET_SOURCE);
  }

  set destination(mac: Uint8Array) {
    this.bytes.set(mac.subarray(0, 6), ETHERNET_DESTINATION);
  }

  get source(): Uint8Array {
    return this.bytes.subarray(ETHERNET_SOURCE, ETHERNET_TYPE);
  }

  set source(mac: Uint8Array) {
    this.bytes.set(mac.subarray(0, 6), ETHERNET_SOURCE);
  }

  /** The EtherType, or below 0x600 the length of an 802.3 frame. */
  get type(): number {
    return u16(this.bytes, ETHERNET_TYPE);
  }

  set type(value: number) {
    put16(this.bytes, ETHERNET_TYPE, value);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(ETHERNET_HEADER_LENGTH);
  }
}

export interface EthernetFields {
  readonly destination: string;
  readonly source: string;
  readonly type: number;
}

export const parseEthernet = (bytes: Uint8Array): EthernetView | Malformed =>
  bytes.length < ETHERNET_HEADER_LENGTH
    ? shortHeader('ethernet', ETHERNET_HEADER_LENGTH, bytes.length)
    : new EthernetView(bytes);

export const ethernetFields = (view: EthernetView): EthernetFields => ({
  destination: formatMac(view.destination),
  source: formatMac(view.source),
  type: view.type,
});

/** The 14 bytes of the header. @throws RangeError on what is no MAC address */
export function encodeEthernet(fields: Partial<EthernetFields>): Uint8Array {
  const view = new EthernetView(new Uint8Array(ETHERNET_HEADER_LENGTH));
  view.destination = macBytes(fields.destination ?? '00:00:00:00:00:00');
  view.source = macBytes(fields.source ?? '00:00:00:00:00:00');
  view.type = fields.type ?? 0;
  return view.bytes;
}

/** True for the EtherTypes that announce a VLAN tag: 802.1Q, 802.1ad and its predecessors. */
export const isVlanType = (type: number): boolean =>
  type === ETH_P_8021Q || type === ETH_P_8021AD || type === ETH_P_QINQ1 || type === ETH_P_QINQ2;
