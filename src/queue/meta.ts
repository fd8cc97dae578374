// What the kernel's numbers about a queued packet mean.

import { formatMac } from '../bytes/index.ts';
import type { HookName, PacketFamily } from '../core/index.ts';
import { Attributes, type QueueMessage } from '../netlink/index.ts';
import {
  CTA_ID,
  CTA_LABELS,
  CTA_MARK,
  CTA_STATUS,
  NFPROTO_ARP,
  NFPROTO_BRIDGE,
  NFPROTO_IPV6,
  NFPROTO_NETDEV,
} from '../uapi/index.ts';

/** By enum nf_inet_hooks. */
export const HOOKS: readonly HookName[] = [
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'ingress',
];

export function familyName(family: number): PacketFamily {
  switch (family) {
    case NFPROTO_IPV6:
      return 'ip6';
    case NFPROTO_ARP:
      return 'arp';
    case NFPROTO_BRIDGE:
      return 'bridge';
    case NFPROTO_NETDEV:
      return 'netdev';
    default:
      return 'ip';
  }
}

/** enum nf_dev_hooks counts anew, and enum nf_arp_hooks has IN, OUT, FORWARD. */
export function hookName({ family, hook }: QueueMessage): HookName {
  if (family === NFPROTO_NETDEV) return hook === 0 ? 'ingress' : 'egress';
  if (family === NFPROTO_ARP) return hook === 0 ? 'input' : hook === 1 ? 'output' : 'forward';
  return HOOKS[hook] ?? 'prerouting';
}

/** How a packet belongs to its connection, enum ip_conntrack_info. */
export interface ConnectionState {
  readonly state: 'new' | 'established' | 'related' | 'untracked';
  readonly reply: boolean;
}
const STATES: readonly (ConnectionState | undefined)[] = [
  { state: 'established', reply: false },
  { state: 'related', reply: false },
  { state: 'new', reply: false },
  { state: 'established', reply: true },
  { state: 'related', reply: true },
  undefined,
  undefined,
  { state: 'untracked', reply: false },
];

/** The number that `connectionState` reads so; −1 for what is none. */
export const ctInfoOf = (state: { readonly state: string; readonly reply: boolean }): number =>
  STATES.findIndex((s) => s?.state === state.state && s.reply === state.reply);

export const connectionState = (message: QueueMessage): ConnectionState | undefined =>
  STATES[message.ctInfo];

/** What is known of a packet's connection, where the kernel is built and told to say it. */
export interface ConnectionInfo {
  readonly id: number;
  readonly mark: number;
  /** IPS_* bits. */
  readonly status: number;
  /** 16 bytes, or empty. */
  readonly label: Uint8Array;
  /** All CTA_* attributes. */
  readonly attributes: Uint8Array;
}

export function connectionInfo(
  message: QueueMessage,
  littleEndian: boolean,
): ConnectionInfo | undefined {
  if (message.ctEnd === 0) return undefined;
  const bytes = message.buffer.slice(message.ct, message.ctEnd);
  const attributes = new Attributes(bytes, littleEndian);
  return {
    id: attributes.u32be(CTA_ID),
    mark: attributes.u32be(CTA_MARK),
    status: attributes.u32be(CTA_STATUS),
    label: attributes.bytes(CTA_LABELS),
    attributes: bytes,
  };
}

export function macText({ buffer, hwaddr, hwaddrLength }: QueueMessage): string | undefined {
  if (hwaddrLength === 6) return formatMac(buffer, hwaddr);
  if (hwaddrLength === 0) return undefined;
  const bytes = buffer.subarray(hwaddr, hwaddr + hwaddrLength);
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(':');
}
