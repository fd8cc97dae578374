import { describe, expect, test } from 'vitest';
import { hex, unhex } from '../bytes/index.ts';
import { parseAddress } from './address.ts';
import type { Bed } from './bed.ts';
import { ether, makeBed, packet, ROUTER, sealed } from './bed.ts';

const SECOND = 1e9;
const out4 = { from: '10.0.0.2', to: '192.0.2.2' };
const out6 = { from: '2001:db8::2', to: '2001:db8:1::2' };
const WAN_MAC = '020000000101';
const PEER_MAC = '020000000201';
const BROADCAST = 'ffffffffffff';

/** Nobody is known on `wan`; it has a link-local address to ask with. */
const bare = (): Bed =>
  makeBed({
    neighbours: ROUTER.neighbours!.filter((one) => one.device === 'lan'),
    interfaces: ROUTER.interfaces.map((one) =>
      one.name === 'wan' ? { ...one, addresses: [...one.addresses!, 'fe80::1/64'] } : one,
    ),
  });

const ip = (text: string): string => hex(parseAddress('ip', text));

const arp = (
  op: number,
  from: string,
  sender: string,
  target: string,
  mac = '000000000000',
): string => `0001080006040 00${op} ${from} ${ip(sender)} ${mac} ${ip(target)}`.replace(/ /g, '');

/** An ARP frame comes in on `wan`. */
function arpIn(bed: Bed, to: string, message: string): string[] {
  bed.stack.receive(bed.device('wan'), unhex(`${to}${PEER_MAC}0806${message}`));
  return bed.frames();
}

const receive = (bed: Bed, spec: { from: string; to: string }): string[] => {
  const device = bed.device('lan');
  bed.stack.receive(device, ether(device.address, packet(spec)));
  return bed.frames();
};

const REQUEST = `wan ${BROADCAST}${WAN_MAC}0806${arp(1, WAN_MAC, '192.0.2.1', '192.0.2.2')}`;

describe('ARP', () => {
  test('packets wait for the answer, asked for once', () => {
    const bed = bare();
    expect(receive(bed, out4)).toEqual([REQUEST]);
    expect(receive(bed, out4)).toEqual([]);
    const sent = arpIn(bed, WAN_MAC, arp(2, PEER_MAC, '192.0.2.2', '192.0.2.1', WAN_MAC));
    expect(sent.map((f) => f.slice(0, 32))).toEqual(Array(2).fill(`wan ${PEER_MAC}${WAN_MAC}0800`));
    expect(receive(bed, out4).length).toBe(1);
  });

  test('three questions a second apart, then host unreachable for all that waited', () => {
    const bed = bare();
    receive(bed, out4);
    receive(bed, out4);
    bed.clock.advance(1.1 * SECOND);
    expect(bed.frames()).toEqual([REQUEST]);
    bed.clock.advance(SECOND);
    expect(bed.frames()).toEqual([REQUEST]);
    bed.clock.advance(SECOND);
    const errors = bed.take();
    expect(errors.length).toBe(2);
    expect(errors[0]).toMatch(/^lan 45c0.{14}01.{4}0a0000010a0000020301/);
    // The next packet asks anew.
    expect(receive(bed, out4)).toEqual([REQUEST]);
  });

  test('questions for our addresses on any interface are answered, others are not', () => {
    const bed = bare();
    const ask = (target: string): string[] =>
      arpIn(bed, BROADCAST, arp(1, PEER_MAC, '192.0.2.2', target));
    const reply = arp(2, WAN_MAC, '192.0.2.1', '192.0.2.2', PEER_MAC);
    expect(ask('192.0.2.1')).toEqual([`wan ${PEER_MAC}${WAN_MAC}0806${reply}`]);
    expect(ask('10.0.0.1').length).toBe(1);
    expect(ask('192.0.2.99')).toEqual([]);
    bed.stack.setSysctl('net.ipv4.conf.all.arp_ignore', 1);
    expect(ask('10.0.0.1')).toEqual([]);
  });

  test('who asks is known, but asked back after five seconds', () => {
    const bed = bare();
    arpIn(bed, BROADCAST, arp(1, PEER_MAC, '192.0.2.2', '192.0.2.1'));
    expect(receive(bed, out4).map((f) => f.slice(0, 32))).toEqual([
      `wan ${PEER_MAC}${WAN_MAC}0800`,
    ]);
    bed.clock.advance(5.1 * SECOND);
    const probe = `wan ${PEER_MAC}${WAN_MAC}0806${arp(1, WAN_MAC, '192.0.2.1', '192.0.2.2')}`;
    expect(bed.frames()).toEqual([probe]);
  });

  test('strangers are not remembered', () => {
    const bed = bare();
    arpIn(bed, WAN_MAC, arp(2, PEER_MAC, '192.0.2.2', '192.0.2.1', WAN_MAC));
    expect(receive(bed, out4)).toEqual([REQUEST]);
  });

  test('another hardware address counts only a second later', () => {
    const bed = bare();
    const answer = (mac: string): string[] =>
      arpIn(bed, WAN_MAC, arp(2, mac, '192.0.2.2', '192.0.2.1', WAN_MAC));
    receive(bed, out4);
    answer(PEER_MAC);
    answer('02bbbbbbbbbb');
    expect(receive(bed, out4)[0]).toContain(`wan ${PEER_MAC}`);
    bed.clock.advance(1.2 * SECOND);
    answer('02bbbbbbbbbb');
    expect(receive(bed, out4)[0]).toContain('wan 02bbbbbbbbbb');
  });

  test('arp: static makes every address up and asks nobody', () => {
    const bed = makeBed({
      neighbours: [],
      interfaces: ROUTER.interfaces.map((one) => ({ ...one, arp: 'static' as const })),
    });
    expect(receive(bed, out4)[0]).toContain(`wan 0200c0000202${WAN_MAC}0800`);
  });
});

describe('neighbour discovery', () => {
  const TARGET = '20010db8000100000000000000000002';
  const solicitation = new RegExp(
    `^wan 3333ff000002${WAN_MAC}86dd6000000000203aff` +
      `fe800000000000000000000000000001ff0200000000000000000001ff000002` +
      `8700.{4}00000000${TARGET}0101${WAN_MAC}$`,
  );

  function advertise(bed: Bed, flags: string): string[] {
    const spec = { from: '2001:db8:1::2', to: 'fe80::1', protocol: 58, ttl: 255 };
    const payload = sealed(spec, 58, 2, unhex(`88000000${flags}000000${TARGET}0201${PEER_MAC}`));
    bed.stack.receive(bed.device('wan'), ether(unhex(WAN_MAC), packet({ ...spec, payload })));
    return bed.frames();
  }

  test('the solicited-node group is asked, the packet waits', () => {
    const bed = bare();
    const [asked] = receive(bed, out6);
    expect(asked).toMatch(solicitation);
    const sent = advertise(bed, '60');
    expect(sent.map((f) => f.slice(0, 32))).toEqual([`wan ${PEER_MAC}${WAN_MAC}86dd`]);
  });

  test('address unreachable after three questions', () => {
    const bed = bare();
    receive(bed, out6);
    bed.clock.advance(3.2 * SECOND);
    const frames = bed.frames();
    expect(frames.length).toBe(3);
    // ICMPv6 type 1, code 3, behind link header and IPv6 header.
    expect(frames[2]!.slice(4 + 2 * 54, 4 + 2 * 54 + 4)).toBe('0103');
  });

  test('a solicitation of ours is answered: as a router, solicited, overriding where a group was asked', () => {
    const bed = bare();
    const spec = { from: '2001:db8:1::2', to: 'ff02::1:ff00:1', protocol: 58, ttl: 255 };
    const own = '20010db8000100000000000000000001';
    const payload = sealed(spec, 58, 2, unhex(`8700000000000000${own}0101${PEER_MAC}`));
    bed.stack.receive(
      bed.device('wan'),
      ether(unhex('3333ff000001'), packet({ ...spec, payload })),
    );
    const [answer] = bed.frames();
    expect(answer).toMatch(
      new RegExp(
        `^wan ${PEER_MAC}${WAN_MAC}86dd6000000000203aff${own}${TARGET}8800.{4}e0000000${own}0201${WAN_MAC}$`,
      ),
    );
    expect(receive(bed, out6)[0]).toContain(`wan ${PEER_MAC}${WAN_MAC}86dd`);
  });

  test('messages that crossed a router are dropped', () => {
    const bed = bare();
    const spec = { from: '2001:db8:1::2', to: 'fe80::1', protocol: 58, ttl: 254 };
    const payload = sealed(spec, 58, 2, unhex(`8800000060000000${TARGET}0201${PEER_MAC}`));
    bed.stack.receive(bed.device('wan'), ether(unhex(WAN_MAC), packet({ ...spec, payload })));
    expect([...bed.stack.drops.keys()]).toEqual(['IPV6_NDISC_HOP_LIMIT']);
  });
});
