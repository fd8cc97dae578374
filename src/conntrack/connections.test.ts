import { describe, expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { IPS_ASSURED, IPS_SEEN_REPLY, IPS_SRC_NAT } from './constants.ts';
import type { ConntrackEntry } from './entry.ts';
import { describeEntry } from './entry.ts';

const ENTRY: ConntrackEntry = {
  family: 'ip',
  protocol: 6,
  original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 },
  reply: { src: '10.0.0.2', dst: '192.0.2.1', sport: 2, dport: 1 },
  timeout: 100,
  status: IPS_SEEN_REPLY | IPS_ASSURED | IPS_SRC_NAT,
  state: 'ESTABLISHED',
  mark: 7,
  zone: 0,
  id: 0,
};

describe('the table from outside', () => {
  test('an entry can be made, looked up, changed and deleted', () => {
    const bed = new Bed();
    const { connections } = bed.ct;
    connections.create(ENTRY);
    expect(bed.line).toBe(
      'tcp      6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 ' +
        'src=10.0.0.2 dst=192.0.2.1 sport=2 dport=1 [ASSURED] mark=7 use=1',
    );
    const found = connections.get({ original: { sport: 1 }, mark: 7 });
    expect(found).toMatchObject({ protocol: 6, reply: { dst: '192.0.2.1' } });
    connections.update({ ...found!, mark: 8, timeout: 50, state: 'TIME_WAIT' });
    expect(connections.get({ state: 'TIME_WAIT' })).toMatchObject({ mark: 8, timeout: 50 });
    expect(connections.delete({ mark: 0x108, markMask: 0xff })).toBe(1);
    expect([connections.delete({}), bed.ct.size]).toEqual([0, 0]);
  });

  test('segments of a made entry are checked loosely until both sides were seen', () => {
    const bed = new Bed();
    bed.ct.connections.create(ENTRY);
    expect(bed.send('tcp 10.0.0.1:1 > 10.0.0.2:2 ack seq 5 ack 6')).toBe('ESTABLISHED');
    expect(bed.send('tcp 10.0.0.2:2 > 192.0.2.1:1 ack seq 6 ack 5')).toBe('ESTABLISHED');
  });

  test('it lives as long as it says', () => {
    const bed = new Bed();
    bed.ct.connections.create({ ...ENTRY, timeout: 2 });
    bed.advance(1.9);
    expect(bed.ct.size).toBe(1);
    bed.advance(0.1);
    expect(bed.ct.size).toBe(0);
  });

  test.each([
    ['one that exists', ENTRY],
    [
      'one whose answers are another one’s',
      { ...ENTRY, original: { ...ENTRY.original, sport: 9 } },
    ],
    ['an address that is none', { ...ENTRY, original: { ...ENTRY.original, src: 'x' } }],
    [
      'a state that is none',
      {
        ...ENTRY,
        original: { ...ENTRY.original, dport: 5 },
        reply: { ...ENTRY.reply, sport: 5 },
        state: 'OPEN',
      },
    ],
  ])('cannot make %s', (_, entry) => {
    const bed = new Bed();
    bed.ct.connections.create(ENTRY);
    expect(() => bed.ct.connections.create(entry)).toThrow(RangeError);
    expect(bed.ct.size).toBe(1);
  });

  test.each([
    ['SEEN_REPLY', IPS_ASSURED | IPS_SRC_NAT],
    ['NAT', IPS_SEEN_REPLY | IPS_ASSURED],
  ])('%s cannot be taken back', (_, status) => {
    const bed = new Bed();
    bed.ct.connections.create(ENTRY);
    expect(() => bed.ct.connections.update({ ...ENTRY, status })).toThrow(RangeError);
  });

  test('what is not there cannot be changed', () => {
    expect(() => new Bed().ct.connections.update(ENTRY)).toThrow('no such entry');
  });

  test('an entry dumped can be made again elsewhere, window tracking and all', () => {
    const bed = new Bed();
    bed.send('tcp 10.0.0.1:1 > 10.0.0.2:2 syn seq 100 wscale 7');
    bed.send('tcp 10.0.0.2:2 > 10.0.0.1:1 syn,ack seq 500 ack 101 wscale 3');
    bed.send('tcp 10.0.0.1:1 > 10.0.0.2:2 ack seq 101 ack 501');
    const [entry] = [...bed.ct.connections.dump()];
    const other = new Bed();
    other.ct.connections.create(entry!);
    expect(other.ct.connections.get({})).toEqual(entry);
    expect(other.send('tcp 10.0.0.2:2 > 10.0.0.1:1 ack seq 501 ack 999')).toBe('INVALID');
    expect(other.send('tcp 10.0.0.2:2 > 10.0.0.1:1 ack seq 501 ack 101')).toBe('ESTABLISHED');
  });
});

test.each([
  [
    { ...ENTRY, zone: 5, helper: 'ftp', status: 0 },
    'tcp      6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [UNREPLIED] src=10.0.0.2 dst=192.0.2.1 sport=2 dport=1 mark=7 zone=5 helper=ftp use=1',
  ],
  [
    { ...ENTRY, zone: 5, zoneDir: 2, mark: 0x80000001 },
    'tcp      6 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=192.0.2.1 sport=2 dport=1 zone-reply=5 [ASSURED] mark=2147483649 use=1',
  ],
  [
    { ...ENTRY, status: ENTRY.status | (1 << 14) },
    'tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=192.0.2.1 sport=2 dport=1 [OFFLOAD] mark=7 use=1',
  ],
  [
    { ...ENTRY, protocol: 47, original: { ...ENTRY.original, sport: 10, dport: 20 } },
    'gre      47 100 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 srckey=0xa dstkey=0x14 src=10.0.0.2 dst=192.0.2.1 srckey=0x2 dstkey=0x1 [ASSURED] mark=7 use=1',
  ],
])('entries are printed as the conntrack command prints them', (entry, line) => {
  expect(describeEntry(entry)).toBe(line);
});
