import { expect, test } from 'vitest';
import { hex, unhex } from '../bytes/index.ts';
import { createDevice } from '../core/index.ts';
import { arrivalFromBytes, arrivalFromFrame, frameFor } from './arrival.ts';

const IP = '4500001400000000401100000a00000108080808';
const device = createDevice({ index: 2, name: 'eth0', address: unhex('020000000001') });

const framed = (bytes: string): string => {
  const arrival = arrivalFromBytes(unhex(bytes));
  return typeof arrival === 'string' ? arrival : hex(frameFor(arrival, device));
};

test.each([
  { name: 'a packet gets a link header', bytes: IP, want: `0200000000010200 5e005301 0800 ${IP}` },
  {
    name: 'a frame for another station is for the device, from the same sender',
    bytes: `aaaaaaaaaaa0 0200000000ff 0800 ${IP}`,
    want: `020000000001 0200000000ff 0800 ${IP}`,
  },
  {
    name: 'a frame for a group stays for it',
    bytes: `ffffffffffff 0200000000ff 0806 0001080006040001`,
    want: `ffffffffffff 0200000000ff 0806 0001080006040001`,
  },
  {
    name: 'a multicast packet goes to the address of its group',
    bytes: IP.replace('08080808', 'e00000fb'),
    want: `01005e0000fb 02005e005301 0800 ${IP.replace('08080808', 'e00000fb')}`,
  },
  {
    name: 'the limited broadcast goes to all',
    bytes: IP.replace('08080808', 'ffffffff'),
    want: `ffffffffffff 02005e005301 0800 ${IP.replace('08080808', 'ffffffff')}`,
  },
  {
    name: 'a VLAN tag is taken off',
    bytes: `aaaaaaaaaaa0 0200000000ff 8100 0005 0800 ${IP}`,
    want: `020000000001 0200000000ff 0800 ${IP}`,
  },
])('$name', ({ bytes, want }) => {
  expect(framed(bytes.replaceAll(' ', ''))).toBe(want.replaceAll(' ', ''));
});

test('a device without a link header gets the packet alone', () => {
  const tun = createDevice({ index: 3, name: 'tun0', type: 65534 });
  const arrival = arrivalFromFrame(113, unhex(`000000010006020000000001 0000 0800 ${IP}`));
  if (typeof arrival === 'string') throw new Error(arrival);
  expect(arrival.packetType).toBe('host');
  expect(hex(frameFor(arrival, tun))).toBe(IP);
});

test('loopback has link headers that name nobody', () => {
  const lo = createDevice({ index: 1, name: 'lo', type: 772 });
  const arrival = arrivalFromBytes(unhex(IP));
  if (typeof arrival === 'string') throw new Error(arrival);
  expect(hex(frameFor(arrival, lo))).toBe(`${'00'.repeat(12)}0800${IP}`);
});

test('what cannot be read says why', () => {
  expect(arrivalFromBytes(unhex('0102'))).toBe('Ethernet header needs 14 bytes, the frame has 2');
});

test('tags stay for an interface that has VLAN devices', () => {
  const bytes = `aaaaaaaaaaa00200000000ff810000050800${IP}`;
  const arrival = arrivalFromFrame(1, unhex(bytes));
  if (typeof arrival === 'string') throw new Error(arrival);
  expect(hex(frameFor(arrival, device, true))).toBe(bytes.replace('aaaaaaaaaaa0', '020000000001'));
});
