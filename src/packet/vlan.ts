import { put16, u16 } from '../bytes/index.ts';
import { type Malformed, shortHeader } from './malformed.ts';

/**
 * Tag control information, and the type of what follows; the tag's own type is in the header
 * before.
 */
export const VLAN_TCI = 0;
export const VLAN_TYPE = 2;
export const VLAN_HEADER_LENGTH = 4;

/** An 802.1Q or 802.1ad tag and what it carries. */
export class VlanView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get tci(): number {
    return u16(this.bytes, VLAN_TCI);
  }

  set tci(value: number) {
    put16(this.bytes, VLAN_TCI, value);
  }

  /** Priority code point, 0 to 7. */
  get priority(): number {
    return this.tci >>> 13;
  }

  set priority(value: number) {
    this.tci = (this.tci & 0x1fff) | ((value & 7) << 13);
  }

  get dropEligible(): boolean {
    return (this.tci & 0x1000) !== 0;
  }

  set dropEligible(value: boolean) {
    this.tci = (this.tci & 0xefff) | (value ? 0x1000 : 0);
  }

  /** VLAN identifier, 0 to 4095. */
  get id(): number {
    return this.tci & 0xfff;
  }

  set id(value: number) {
    this.tci = (this.tci & 0xf000) | (value & 0xfff);
  }

  get type(): number {
    return u16(this.bytes, VLAN_TYPE);
  }

  set type(value: number) {
    put16(this.bytes, VLAN_TYPE, value);
  }

  get payload(): Uint8Array {
    return this.bytes.subarray(VLAN_HEADER_LENGTH);
  }
}

export interface VlanFields {
  readonly id: number;
  readonly priority: number;
  readonly dropEligible: boolean;
  readonly type: number;
}

export const parseVlan = (bytes: Uint8Array): VlanView | Malformed =>
  bytes.length < VLAN_HEADER_LENGTH
    ? shortHeader('vlan', VLAN_HEADER_LENGTH, bytes.length)
    : new VlanView(bytes);

export const vlanFields = (view: VlanView): VlanFields => ({
  id: view.id,
  priority: view.priority,
  dropEligible: view.dropEligible,
  type: view.type,
});

export function encodeVlan(fields: Partial<VlanFields>): Uint8Array {
  const view = new VlanView(new Uint8Array(VLAN_HEADER_LENGTH));
  view.id = fields.id ?? 0;
  view.priority = fields.priority ?? 0;
  view.dropEligible = fields.dropEligible ?? false;
  view.type = fields.type ?? 0;
  return view.bytes;
}
