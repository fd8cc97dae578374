import { formatIPv4, formatMac, put16, put32, u16, u32 } from '../bytes/index.ts';
import { ARPHRD_ETHER, ARPOP_REQUEST, ETH_P_IP } from '../uapi/index.ts';
import { ipv4Number, macBytes } from './address.ts';
import { type Malformed, malformed, shortHeader } from './malformed.ts';

export const ARP_HARDWARE_TYPE = 0;
export const ARP_PROTOCOL_TYPE = 2;
export const ARP_HARDWARE_LENGTH = 4;
export const ARP_PROTOCOL_LENGTH = 5;
export const ARP_OPERATION = 6;
/** The addresses follow; these offsets hold for Ethernet and IPv4. */
export const ARP_SENDER_HARDWARE = 8;
export const ARP_SENDER_PROTOCOL = 14;
export const ARP_TARGET_HARDWARE = 18;
export const ARP_TARGET_PROTOCOL = 24;
export const ARP_FIXED_LENGTH = 8;
export const ARP_ETHERNET_LENGTH = 28;

/** An ARP packet (RFC 826) of any address lengths. */
export class ArpView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get hardwareType(): number {
    return u16(this.bytes, ARP_HARDWARE_TYPE);
  }

  get protocolType(): number {
    return u16(this.bytes, ARP_PROTOCOL_TYPE);
  }

  get hardwareLength(): number {
    return this.bytes[ARP_HARDWARE_LENGTH]!;
  }

  get protocolLength(): number {
    return this.bytes[ARP_PROTOCOL_LENGTH]!;
  }

  get operation(): number {
    return u16(this.bytes, ARP_OPERATION);
  }

  set operation(value: number) {
    put16(this.bytes, ARP_OPERATION, value);
  }

  /** True where the address fields are MAC and IPv4 addresses. */
  get isEthernetIPv4(): boolean {
    return this.hardwareLength === 6 && this.protocolLength === 4 && this.protocolType === ETH_P_IP;
  }

  #slice(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }

  get senderHardware(): Uint8Array {
    return this.#slice(ARP_FIXED_LENGTH, this.hardwareLength);
  }

  get senderProtocol(): Uint8Array {
    return this.#slice(ARP_FIXED_LENGTH + this.hardwareLength, this.protocolLength);
  }

  get targetHardware(): Uint8Array {
    return this.#slice(
      ARP_FIXED_LENGTH + this.hardwareLength + this.protocolLength,
      this.hardwareLength,
    );
  }

  get targetProtocol(): Uint8Array {
    return this.#slice(
      ARP_FIXED_LENGTH + 2 * this.hardwareLength + this.protocolLength,
      this.protocolLength,
    );
  }
}

/** ARP for Ethernet and IPv4; others are read through {@link ArpView}. */
export interface ArpFields {
  readonly hardwareType: number;
  readonly protocolType: number;
  readonly operation: number;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

export function parseArp(bytes: Uint8Array): ArpView | Malformed {
  if (bytes.length < ARP_FIXED_LENGTH) return shortHeader('arp', ARP_FIXED_LENGTH, bytes.length);
  const view = new ArpView(bytes);
  const wanted = ARP_FIXED_LENGTH + 2 * (view.hardwareLength + view.protocolLength);
  if (bytes.length < wanted) {
    const reason = `addresses need ${wanted} bytes, ${bytes.length} there`;
    return malformed('arp', 'hardwareLength', reason, ARP_HARDWARE_LENGTH);
  }
  return new ArpView(bytes.subarray(0, wanted));
}

/** Undefined for addresses other than MAC and IPv4. */
export function arpFields(view: ArpView): ArpFields | undefined {
  if (!view.isEthernetIPv4) return undefined;
  return {
    hardwareType: view.hardwareType,
    protocolType: view.protocolType,
    operation: view.operation,
    senderMac: formatMac(view.senderHardware),
    senderAddress: formatIPv4(u32(view.senderProtocol, 0)),
    targetMac: formatMac(view.targetHardware),
    targetAddress: formatIPv4(u32(view.targetProtocol, 0)),
  };
}

/** 28 bytes. @throws RangeError on what is no address */
export function encodeArp(fields: Partial<ArpFields>): Uint8Array {
  const bytes = new Uint8Array(ARP_ETHERNET_LENGTH);
  put16(bytes, ARP_HARDWARE_TYPE, fields.hardwareType ?? ARPHRD_ETHER);
  put16(bytes, ARP_PROTOCOL_TYPE, fields.protocolType ?? ETH_P_IP);
  bytes[ARP_HARDWARE_LENGTH] = 6;
  bytes[ARP_PROTOCOL_LENGTH] = 4;
  put16(bytes, ARP_OPERATION, fields.operation ?? ARPOP_REQUEST);
  bytes.set(macBytes(fields.senderMac ?? '00:00:00:00:00:00'), ARP_SENDER_HARDWARE);
  put32(bytes, ARP_SENDER_PROTOCOL, ipv4Number(fields.senderAddress ?? 0));
  bytes.set(macBytes(fields.targetMac ?? '00:00:00:00:00:00'), ARP_TARGET_HARDWARE);
  put32(bytes, ARP_TARGET_PROTOCOL, ipv4Number(fields.targetAddress ?? 0));
  return bytes;
}
