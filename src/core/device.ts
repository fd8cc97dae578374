// Interfaces as packets and rules see them.

import { ARPHRD_ETHER, ARPHRD_LOOPBACK } from '../uapi/index.ts';
import type { Packet } from './packet.ts';

/** A network device, struct net_device. Addresses and routes live in room stack. */
export interface NetDevice {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_*, include/uapi/linux/if_arp.h: 1 Ethernet, 772 loopback, 65534 none. */
  readonly type: number;
  /** Hardware address, 6 bytes, or empty. */
  readonly address: Uint8Array;
  mtu: number;
  up: boolean;
  /** Device group, `ip link set group`. */
  group: number;
  /** rtnl link kind (`veth`, `bridge`, `vlan`), or ''. */
  readonly kind: string;
  /** The bridge or VRF it belongs to. */
  master: NetDevice | null;
  /** Where its frames go: set by whoever is at the other end. Must copy what it keeps. */
  transmit: (packet: Packet) => void;
}

/** Frames of loopback have a header, too: eth_header(), drivers/net/loopback.c. */
export const hasEthernetHeader = ({ type }: NetDevice): boolean =>
  type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;

export interface DeviceOptions {
  readonly index: number;
  readonly name: string;
  readonly type?: number;
  readonly address?: Uint8Array;
  readonly mtu?: number;
  readonly kind?: string;
}

/** A device that is up and drops what it is given until `transmit` is set. */
export function createDevice(options: DeviceOptions): NetDevice {
  return {
    index: options.index,
    name: options.name,
    type: options.type ?? 1,
    address: options.address ?? new Uint8Array(6),
    mtu: options.mtu ?? 1500,
    up: true,
    group: 0,
    kind: options.kind ?? '',
    master: null,
    transmit: () => {},
  };
}

/** The devices of one namespace, by index and by name. */
export class DeviceTable {
  readonly #byIndex = new Map<number, NetDevice>();
  readonly #byName = new Map<string, NetDevice>();

  /** @throws RangeError when index or name is taken */
  add(device: NetDevice): NetDevice {
    if (this.#byIndex.has(device.index) || this.#byName.has(device.name))
      throw new RangeError(`device ${device.name} (${device.index}) exists`);
    this.#byIndex.set(device.index, device);
    this.#byName.set(device.name, device);
    return device;
  }

  remove(device: NetDevice): void {
    this.#byIndex.delete(device.index);
    this.#byName.delete(device.name);
  }

  byIndex(index: number): NetDevice | undefined {
    return this.#byIndex.get(index);
  }

  byName(name: string): NetDevice | undefined {
    return this.#byName.get(name);
  }

  list(): NetDevice[] {
    return [...this.#byIndex.values()].sort((a, b) => a.index - b.index);
  }
}
