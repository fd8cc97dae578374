import { concatBytes, formatIPv6, put16, put32, u16, u32 } from '../bytes/index.ts';
import {
  NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION,
  NDISC_REDIRECT,
  NDISC_ROUTER_ADVERTISEMENT,
  NDISC_ROUTER_SOLICITATION,
} from '../uapi/index.ts';
import { ipv6Bytes } from './address.ts';
import { type Malformed, malformed } from './malformed.ts';
import { encodeNdOptions, type NdOption, readNdOptions } from './nd-options.ts';

/** A neighbour discovery message (RFC 4861 §4), addresses as text. */
export type NdMessage =
  | { readonly name: 'routerSolicitation'; readonly options: readonly NdOption[] }
  | {
      readonly name: 'routerAdvertisement';
      readonly hopLimit: number;
      /** M 0x80, O 0x40, H 0x20, preference 0x18 (RFC 4191 §2.2). */
      readonly flags: number;
      /** Seconds. */
      readonly lifetime: number;
      /** Milliseconds. */
      readonly reachableTime: number;
      readonly retransTimer: number;
      readonly options: readonly NdOption[];
    }
  | {
      readonly name: 'neighborSolicitation';
      readonly target: string;
      readonly options: readonly NdOption[];
    }
  | {
      readonly name: 'neighborAdvertisement';
      readonly router: boolean;
      readonly solicited: boolean;
      readonly override: boolean;
      readonly target: string;
      readonly options: readonly NdOption[];
    }
  | {
      readonly name: 'redirect';
      readonly target: string;
      readonly destination: string;
      readonly options: readonly NdOption[];
    };

type NdName = NdMessage['name'];

/** Type and length before the options of each message. */
const SHAPES: Readonly<Record<NdName, { readonly type: number; readonly fixed: number }>> = {
  routerSolicitation: { type: NDISC_ROUTER_SOLICITATION, fixed: 8 },
  routerAdvertisement: { type: NDISC_ROUTER_ADVERTISEMENT, fixed: 16 },
  neighborSolicitation: { type: NDISC_NEIGHBOUR_SOLICITATION, fixed: 24 },
  neighborAdvertisement: { type: NDISC_NEIGHBOUR_ADVERTISEMENT, fixed: 24 },
  redirect: { type: NDISC_REDIRECT, fixed: 40 },
};

const NAMES = new Map<number, NdName>([
  [NDISC_ROUTER_SOLICITATION, 'routerSolicitation'],
  [NDISC_ROUTER_ADVERTISEMENT, 'routerAdvertisement'],
  [NDISC_NEIGHBOUR_SOLICITATION, 'neighborSolicitation'],
  [NDISC_NEIGHBOUR_ADVERTISEMENT, 'neighborAdvertisement'],
  [NDISC_REDIRECT, 'redirect'],
]);

/** True for the ICMPv6 types 133 to 137. */
export const isNdType = (type: number): boolean => NAMES.has(type);

const ND_ROUTER = 0x80000000;
const ND_SOLICITED = 0x40000000;
const ND_OVERRIDE = 0x20000000;

function advertisement(bytes: Uint8Array, options: NdOption[]): NdMessage {
  const flags = u32(bytes, 4);
  return {
    name: 'neighborAdvertisement',
    router: (flags & ND_ROUTER) !== 0,
    solicited: (flags & ND_SOLICITED) !== 0,
    override: (flags & ND_OVERRIDE) !== 0,
    target: formatIPv6(bytes, 8),
    options,
  };
}

const routerAdvertisement = (bytes: Uint8Array, options: NdOption[]): NdMessage => ({
  name: 'routerAdvertisement',
  hopLimit: bytes[4]!,
  flags: bytes[5]!,
  lifetime: u16(bytes, 6),
  reachableTime: u32(bytes, 8),
  retransTimer: u32(bytes, 12),
  options,
});

/** Reads a whole ICMPv6 message, from its type on; malformed where it is none of discovery's. */
export function parseNd(bytes: Uint8Array): NdMessage | Malformed {
  const name = NAMES.get(bytes[0] ?? 0);
  if (name === undefined) return malformed('nd', 'type', `${bytes[0]} is not 133 to 137`);
  const { fixed } = SHAPES[name];
  if (bytes.length < fixed) {
    return malformed('nd', 'header', `${fixed} bytes wanted, ${bytes.length} there`);
  }
  const options = readNdOptions(bytes.subarray(fixed));
  switch (name) {
    case 'routerSolicitation':
      return { name, options };
    case 'routerAdvertisement':
      return routerAdvertisement(bytes, options);
    case 'neighborSolicitation':
      return { name, target: formatIPv6(bytes, 8), options };
    case 'neighborAdvertisement':
      return advertisement(bytes, options);
    case 'redirect':
      return { name, target: formatIPv6(bytes, 8), destination: formatIPv6(bytes, 24), options };
  }
}

function putBody(bytes: Uint8Array, message: NdMessage): void {
  switch (message.name) {
    case 'routerSolicitation':
      return;
    case 'routerAdvertisement':
      bytes[4] = message.hopLimit;
      bytes[5] = message.flags;
      put16(bytes, 6, message.lifetime);
      put32(bytes, 8, message.reachableTime);
      put32(bytes, 12, message.retransTimer);
      return;
    case 'neighborAdvertisement':
      bytes[4] =
        (message.router ? 0x80 : 0) |
        (message.solicited ? 0x40 : 0) |
        (message.override ? 0x20 : 0);
      bytes.set(ipv6Bytes(message.target), 8);
      return;
    case 'redirect':
      bytes.set(ipv6Bytes(message.target), 8);
      bytes.set(ipv6Bytes(message.destination), 24);
      return;
    case 'neighborSolicitation':
      bytes.set(ipv6Bytes(message.target), 8);
      return;
  }
}

/** The whole ICMPv6 message with checksum 0. @throws RangeError on what is no address */
export function encodeNd(message: NdMessage): Uint8Array {
  const { type, fixed } = SHAPES[message.name];
  const bytes = new Uint8Array(fixed);
  bytes[0] = type;
  putBody(bytes, message);
  return concatBytes(bytes, encodeNdOptions(message.options));
}
