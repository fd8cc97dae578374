// Single segments, for what a conversation shows only now and then.

import { describe, expect, test } from 'vitest';
import { latin1, put16, u16, u32 } from '../../bytes/index.ts';
import { verifyChecksums } from '../../packet/index.ts';
import { packetOf, running } from '../test-support.ts';
import { rewriteStream, type StreamOptions } from './rewrite-stream.ts';

const CLIENT = 'tcp 10.0.0.1:5000 > 10.0.0.2:80';
const SERVER = 'tcp 10.0.0.2:80 > 10.0.0.1:5000';
const OPEN = [
  `${CLIENT} syn seq 99 mss 1460 sackok`,
  `${SERVER} syn,ack seq 499 ack 100 mss 1460 sackok`,
  `${CLIENT} ack seq 100 ack 500`,
];

const flagsOf = (bits: number): string =>
  ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'].filter((_, i) => bits & (1 << i)).join(',');

/** A segment as it goes on: `100 ack 500 psh,ack "data"`. */
function tell(packet: Uint8Array): string {
  for (const { state } of verifyChecksums(packet, 0)) expect(state).toBe('correct');
  expect(u16(packet, 2)).toBe(packet.length);
  const data = latin1(packet.subarray(20 + ((packet[32]! >>> 4) << 2)));
  const text = data === '' ? '' : ` ${JSON.stringify(data)}`;
  return `${u32(packet, 24)} ack ${u32(packet, 28)} ${flagsOf(packet[33]!)}${text}`;
}

async function bed(options: StreamOptions, ...before: readonly string[]) {
  const handler = rewriteStream(options);
  const { queue, clock } = await running(handler);
  const raw = (packet: Uint8Array): Uint8Array => {
    queue.push(packet);
    return queue.verdicts.pop()!.bytes ?? packet;
  };
  const send = (text: string): string => tell(raw(packetOf(text)));
  for (const text of before) send(text);
  return { send, raw, counts: handler.counts, clock };
}

describe('what waits', () => {
  const rules = { toServer: [['GET', 'PUT']] } as const;

  test('the beginning of a match goes with what comes next', async () => {
    const { send } = await bed(rules, ...OPEN);
    expect(send(`${CLIENT} psh,ack seq 100 ack 500 data "a G"`)).toBe('100 ack 500 psh,ack "a "');
    expect(send(`${CLIENT} psh,ack seq 103 ack 500 data "ET"`)).toBe('102 ack 500 psh,ack "PUT"');
  });

  test('goes when the sender says it again', async () => {
    const { send, counts } = await bed(rules, ...OPEN);
    expect(send(`${CLIENT} psh,ack seq 100 ack 500 data "GE"`)).toBe('100 ack 500 ack');
    expect(send(`${CLIENT} psh,ack seq 100 ack 500 data "GE"`)).toBe('100 ack 500 psh,ack "GE"');
    expect(counts.flushed).toBe(1);
  });

  test('goes with FIN, with data or without', async () => {
    const { send } = await bed(rules, ...OPEN, `${CLIENT} ack seq 100 ack 500 data "G"`);
    expect(send(`${CLIENT} fin,ack seq 101 ack 500`)).toBe('100 ack 500 fin,ack "G"');
  });

  test('goes with PSH, where that is wanted', async () => {
    const { send } = await bed({ ...rules, flushOnPush: true }, ...OPEN);
    expect(send(`${CLIENT} psh,ack seq 100 ack 500 data "GE"`)).toBe('100 ack 500 psh,ack "GE"');
  });

  test('is no more than may', async () => {
    const { send, counts } = await bed({ toServer: [[/<[^>]*>/, '']], hold: 4 }, ...OPEN);
    expect(send(`${CLIENT} ack seq 100 ack 500 data "<123"`)).toBe('100 ack 500 ack');
    expect(send(`${CLIENT} ack seq 104 ack 500 data "4"`)).toBe('100 ack 500 ack "<1234"');
    expect(counts.overlong).toBe(1);
  });

  test('is not acknowledged, and a reset after it hits the receiver’s next number', async () => {
    const { send } = await bed(rules, ...OPEN, `${CLIENT} ack seq 100 ack 500 data "a G"`);
    expect(send(`${SERVER} ack seq 500 ack 102`)).toBe('500 ack 102 ack');
    expect(send(`${CLIENT} rst seq 103`)).toBe('102 ack 0 rst');
    expect(send(`${CLIENT} rst seq 102`)).toBe('102 ack 0 rst');
  });
});

describe('what is deleted', () => {
  const deleted = [...OPEN, `${CLIENT} psh,ack seq 100 ack 500 data "keep"`];
  const rules = { toServer: [['gone', '']] } as const;

  test('is asked for as a keep-alive, so that the sender hears of it', async () => {
    const { send } = await bed(rules, ...deleted);
    expect(send(`${CLIENT} psh,ack seq 104 ack 500 data "gone"`)).toBe('103 ack 500 ack');
    expect(send(`${SERVER} ack seq 500 ack 104`)).toBe('500 ack 108 ack');
  });

  test('does not hide a keep-alive or a probe', async () => {
    const { send } = await bed(rules, ...deleted, `${CLIENT} ack seq 104 ack 500 data "gone"`);
    expect(send(`${CLIENT} ack seq 108 ack 500`)).toBe('104 ack 500 ack');
    expect(send(`${CLIENT} ack seq 107 ack 500`)).toBe('103 ack 500 ack');
    expect(send(`${CLIENT} ack seq 107 ack 500 data "e"`)).toBe('103 ack 500 ack');
  });
});

describe('what grows', () => {
  const rules = { toServer: [['1', '12345678']], headroom: 0 } as const;
  const small = OPEN.map((text) => text.replace('mss 1460', 'mss 10'));

  test('beyond the longest segment goes with the next', async () => {
    const { send } = await bed(rules, ...small);
    expect(send(`${CLIENT} ack seq 100 ack 500 data "a1bc1d"`)).toBe(
      '100 ack 500 ack "a12345678b"',
    );
    expect(send(`${CLIENT} ack seq 106 ack 500 data "e"`)).toBe('110 ack 500 ack "c12345678d"');
    expect(send(`${SERVER} ack seq 500 ack 120`)).toBe('500 ack 106 ack');
    expect(send(`${CLIENT} fin,ack seq 107 ack 500`)).toBe('120 ack 500 fin,ack "e"');
    expect(send(`${SERVER} ack seq 500 ack 122`)).toBe('500 ack 108 ack');
  });

  test('beyond a whole segment goes as it is asked for again', async () => {
    const { send } = await bed({ toServer: [['x', '0123456789abcdef']] }, ...small);
    const again = `${CLIENT} ack seq 100 ack 500 data "x"`;
    expect(send(again)).toBe('100 ack 500 ack "0123456789"');
    expect(send(`${SERVER} ack seq 500 ack 110`)).toBe('500 ack 100 ack');
    expect(send(again)).toBe('110 ack 500 ack "abcdef"');
    expect(send(`${SERVER} ack seq 500 ack 116`)).toBe('500 ack 101 ack');
  });

  test('has room, for both ends are asked for shorter segments', async () => {
    const { raw } = await bed({ toServer: [['a', 'b']] });
    const mss = (text: string): number => u16(raw(packetOf(text)), 42);
    expect(OPEN.slice(0, 2).map(mss)).toEqual([1460, 1332]);
  });

  test('acknowledgements stay on this side of a change that is not through', async () => {
    const { send } = await bed(rules, ...OPEN, `${CLIENT} ack seq 100 ack 500 data "a1b"`);
    const acked = [101, 102, 108, 109, 110].map((ack) => send(`${SERVER} ack seq 500 ack ${ack}`));
    expect(acked.map((text) => text.split(' ')[2])).toEqual(['101', '101', '101', '102', '103']);
  });

  test('SACK blocks are moved, and those that tell the sender nothing are taken out', async () => {
    const { raw } = await bed(rules, ...OPEN, `${CLIENT} ack seq 100 ack 500 data "a1bcd"`);
    const blocks = (text: string): string => {
      const packet = raw(packetOf(`${SERVER} ack seq 500 ack 101 nop nop sack ${text}`));
      const edges = [];
      for (let at = 44; at + 8 <= 42 + packet[43]!; at += 8)
        edges.push(`${u32(packet, at)}-${u32(packet, at + 4)}`);
      return packet[42] === 5 ? edges.join(' ') : 'none';
    };
    expect(blocks('109-111')).toBe('102-104');
    expect(blocks('104-110')).toBe('102-103');
    expect(blocks('102-105')).toBe('none');
  });
});

describe('connections', () => {
  const rules = { toServer: [['cat', 'horse']] } as const;
  const CAT = `${CLIENT} psh,ack seq 100 ack 500 data "cat"`;

  test('that began earlier are taken up where they are', async () => {
    const { send } = await bed(rules);
    expect(send(CAT)).toBe('100 ack 500 psh,ack "horse"');
    expect(send(`${SERVER} ack seq 500 ack 105`)).toBe('500 ack 103 ack');
    expect(send(CAT.replace('100', '103'))).toBe('105 ack 500 psh,ack "horse"');
  });

  test('of which a part went another way are taken up behind it', async () => {
    const { send } = await bed(rules, ...OPEN);
    send(`${SERVER} ack seq 500 ack 200`);
    expect(send(CAT.replace('100', '200'))).toBe('200 ack 500 psh,ack "horse"');
  });

  test('begin anew when both ends agree, not when somebody sends a SYN', async () => {
    const { send } = await bed(rules, ...OPEN, CAT);
    send(`${CLIENT} syn seq 7999 mss 1460`);
    expect(send(`${CLIENT} ack seq 103 ack 500 data "dog"`)).toBe('105 ack 500 ack "dog"');
    send(`${SERVER} syn,ack seq 8999 ack 8000 mss 1460`);
    expect(send(`${CLIENT} ack seq 8000 ack 9000 data "dog"`)).toBe('8000 ack 9000 ack "dog"');
  });

  test('that nobody changed make room for others; those that were changed stay', async () => {
    const other = (text: string, port: number): string => text.replaceAll(':5000', `:${port}`);
    const { send, counts } = await bed({ ...rules, connections: 2 }, ...OPEN, CAT);
    for (const text of OPEN) send(other(text, 5001));
    expect(send(other(CAT, 5002))).toContain('horse');
    expect(send(other(CAT, 5003))).toContain('cat');
    expect(counts).toMatchObject({ refused: 1, connections: 3 });
    expect(send(`${CLIENT} ack seq 103 ack 500 data "x"`)).toBe('105 ack 500 ack "x"');
  });

  test('that are over are forgotten after a while', async () => {
    const { send, clock, counts } = await bed({ ...rules, connections: 1 }, ...OPEN, CAT);
    send(`${CLIENT} rst,ack seq 103 ack 500`);
    const [syn] = OPEN.map((text) => text.replaceAll(':5000', ':5001'));
    send(syn!);
    clock.advance(121e9);
    send(syn!);
    expect(counts).toMatchObject({ refused: 1, connections: 2 });
  });
});

describe('left alone', () => {
  const rules = { toServer: [['cat', 'horse']] } as const;

  test('what is broken', async () => {
    const { raw, send } = await bed(rules, ...OPEN);
    const packet = packetOf(`${CLIENT} ack seq 100 ack 500 data "cat"`);
    put16(packet, 36, 1 + u16(packet, 36));
    expect(latin1(raw(packet).subarray(40))).toBe('cat');
    expect(send(`${CLIENT} ack seq 100 ack 500 data "a"`)).toBe('100 ack 500 ack "a"');
  });

  test.each([
    'udp 10.0.0.1:5000 > 10.0.0.2:80 data "cat"',
    'icmp 10.0.0.1 > 10.0.0.2 echo-request',
  ])('%s', async (text) => {
    const packet = packetOf(text);
    const { raw } = await bed(rules);
    expect(raw(packet.slice())).toEqual(packet);
  });

  test('what is signed', async () => {
    const digest = `md5 0x${'00'.repeat(16)}`;
    const { send, counts } = await bed(rules, `${CLIENT} syn seq 99 ${digest}`);
    expect(send(`${CLIENT} ack seq 100 ack 500 ${digest} data "cat"`)).toContain('"cat"');
    expect(counts.connections).toBe(0);
  });

  test('but that connections of MPTCP become those of TCP', async () => {
    const { raw } = await bed(rules);
    const packet = raw(packetOf(`${CLIENT} syn seq 99 mss 1460 mptcp 0x8100`));
    expect([...packet.subarray(44)]).toEqual([1, 1, 1, 1]);
  });

  test('what comes before its turn, but for what it says of the other side', async () => {
    const { send, counts } = await bed(rules, ...OPEN);
    expect(send(`${CLIENT} psh,ack seq 103 ack 510 data "cat"`)).toBe('100 ack 510 ack');
    expect(counts.early).toBe(1);
  });
});

test('urgent data is urgent where it went', async () => {
  const { raw } = await bed({ toServer: [['cat', 'horse']] }, ...OPEN);
  const packet = raw(packetOf(`${CLIENT} ack,urg seq 100 ack 500 urg 4 data "cat!"`));
  expect(u16(packet, 38)).toBe(6);
});
