// A router to test with: `lan` and `wan`, both families, neighbours on both sides that answer.

import { checksum, hex, pseudoHeaderSum4, pseudoHeaderSum6, put16, unhex } from '../bytes/index.ts';
import type { ManualClock, NetDevice } from '../core/index.ts';
import { manualClock, Netns, seeded } from '../core/index.ts';
import { familyOf, parseAddress } from './address.ts';
import type { InterfaceConfig, StackConfig } from './config.ts';
import type { Stack } from './stack.ts';
import { createStack } from './stack.ts';

const LAN: InterfaceConfig = {
  name: 'lan',
  mac: '02:00:00:00:01:00',
  addresses: ['10.0.0.1/24', '2001:db8::1/64'],
  linkLocal: 'none',
};
const WAN: InterfaceConfig = {
  name: 'wan',
  mac: '02:00:00:00:01:01',
  addresses: ['192.0.2.1/24', '2001:db8:1::1/64'],
  linkLocal: 'none',
};

export const ROUTER: StackConfig = {
  interfaces: [LAN, WAN],
  routes: [{ to: 'default', via: '192.0.2.254' }],
  neighbours: [
    { device: 'lan', address: '10.0.0.2', mac: '02:00:00:00:02:00' },
    { device: 'lan', address: '2001:db8::2', mac: '02:00:00:00:02:00' },
    { device: 'wan', address: '192.0.2.2', mac: '02:00:00:00:02:01' },
    { device: 'wan', address: '192.0.2.254', mac: '02:00:00:00:02:fe' },
    { device: 'wan', address: '2001:db8:1::2', mac: '02:00:00:00:02:01' },
  ],
  sysctl: { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 },
};

export interface Bed {
  readonly stack: Stack;
  readonly clock: ManualClock;
  /** `wan 4500…`: what left since the last look, from the network header on. */
  take(): string[];
  /** The same with link headers. */
  frames(): string[];
  /** A packet (from its network header on) for the router comes in. */
  receive(device: string, packet: Uint8Array): string[];
  device(name: string): NetDevice;
}

export function makeBed(config: Partial<StackConfig> = {}, defrag = false): Bed {
  const clock = manualClock(1_700_000_000);
  const netns = new Netns({ clock, random: seeded(1) });
  const whole = { ...ROUTER, ...config, sysctl: { ...ROUTER.sysctl, ...config.sysctl } };
  const stack = createStack(netns, { config: whole, defrag });
  let sent: { device: string; frame: Uint8Array; at: number }[] = [];
  for (const device of netns.devices.list())
    if (device.name !== 'lo')
      device.transmit = (packet) => {
        const frame = packet.frameBytes().slice();
        sent.push({ device: device.name, frame, at: packet.mac < 0 ? 0 : 14 });
      };
  const device = (name: string): NetDevice => stack.interfaceNamed(name).device;
  const drain = (link: boolean): string[] => {
    const all = sent.map((s) => `${s.device} ${hex(s.frame.subarray(link ? 0 : s.at))}`);
    sent = [];
    return all;
  };
  const take = (): string[] => drain(false);
  const receive = (name: string, packet: Uint8Array): string[] => {
    stack.receive(device(name), ether(device(name).address, packet));
    return take();
  };
  return { stack, clock, take, frames: () => drain(true), receive, device };
}

/** Puts a link header on: from the neighbour of the device to `to`. */
export function ether(to: Uint8Array, packet: Uint8Array, from = '0200000002aa'): Uint8Array {
  const frame = new Uint8Array(14 + packet.length);
  frame.set(to);
  frame.set(unhex(from), 6);
  put16(frame, 12, packet[0]! >> 4 === 6 ? 0x86dd : 0x0800);
  frame.set(packet, 14);
  return frame;
}

export interface PacketSpec {
  readonly from: string;
  readonly to: string;
  readonly protocol?: number;
  /** Behind the network header; default a UDP datagram with the five bytes `hello`. */
  readonly payload?: Uint8Array;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  /** The IPv4 fragment field, flags and offset. */
  readonly fragment?: number;
  readonly options?: string;
}

function header4(spec: PacketSpec, payload: Uint8Array): Uint8Array {
  const options = unhex(spec.options ?? '');
  const length = 20 + options.length;
  const out = new Uint8Array(length + payload.length);
  out[0] = 0x40 | (length >> 2);
  out[1] = spec.tos ?? 0;
  put16(out, 2, out.length);
  put16(out, 4, spec.id ?? 0x1234);
  put16(out, 6, spec.fragment ?? 0);
  out[8] = spec.ttl ?? 64;
  out[9] = spec.protocol ?? 17;
  out.set(parseAddress('ip', spec.from), 12);
  out.set(parseAddress('ip', spec.to), 16);
  out.set(options, 20);
  put16(out, 10, checksum(out, 0, length));
  out.set(payload, length);
  return out;
}

function header6(spec: PacketSpec, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(40 + payload.length);
  put16(out, 0, 0x6000 | ((spec.tos ?? 0) << 4));
  put16(out, 4, payload.length);
  out[6] = spec.protocol ?? 17;
  out[7] = spec.ttl ?? 64;
  out.set(parseAddress('ip6', spec.from), 8);
  out.set(parseAddress('ip6', spec.to), 24);
  out.set(payload, 40);
  return out;
}

/** A packet of either family, from its network header on. */
export function packet(spec: PacketSpec): Uint8Array {
  const payload = spec.payload ?? udp(spec, unhex('68656c6c6f'));
  return familyOf(spec.from) === 'ip' ? header4(spec, payload) : header6(spec, payload);
}

/** Writes the checksum of a transport header at `at`. */
export function sealed(
  spec: { from: string; to: string },
  protocol: number,
  at: number,
  payload: Uint8Array,
): Uint8Array {
  const whole = packet({ ...spec, protocol, payload });
  const v4 = familyOf(spec.from) === 'ip';
  const pseudo = v4
    ? pseudoHeaderSum4(whole, 0, protocol, payload.length)
    : pseudoHeaderSum6(whole, 0, protocol, payload.length);
  put16(payload, at, 0);
  put16(payload, at, checksum(payload, 0, payload.length, v4 && protocol === 1 ? 0 : pseudo));
  return payload;
}

export function udp(spec: { from: string; to: string }, data: Uint8Array, port = 9): Uint8Array {
  const out = new Uint8Array(8 + data.length);
  put16(out, 0, 1000);
  put16(out, 2, port);
  put16(out, 4, out.length);
  out.set(data, 8);
  return sealed(spec, 17, 6, out);
}

export function tcp(spec: { from: string; to: string }, flags: number, ack = 0): Uint8Array {
  const out = unhex('0fa0 0051 000003e8 00000000 5000 03e8 0000 0000');
  put16(out, 10, ack);
  out[13] = flags;
  return sealed(spec, 6, 16, out);
}

export function echo(spec: { from: string; to: string }, data: Uint8Array): Uint8Array {
  const v4 = familyOf(spec.from) === 'ip';
  const out = new Uint8Array(8 + data.length);
  out[0] = v4 ? 8 : 128;
  put16(out, 4, 7);
  put16(out, 6, 1);
  out.set(data, 8);
  return sealed(spec, v4 ? 1 : 58, 2, out);
}

/**
 * What chance decides is blanked: identification and header checksum of ICMP messages made here, flow
 * label of IPv6 ones (the kernel draws both from keyed hashes). Made here: the hop count is 64.
 */
export const withoutChance = (sent: readonly string[]): string[] =>
  sent.map((line) =>
    line
      .replace(/^(\S+ 4.{7}).{4}(.{4}4001).{4}/, '$1....$2....')
      .replace(/^(\S+ 6.{2}).{5}(.{4}(?:3a|06)40)/, '$1.....$2'),
  );
