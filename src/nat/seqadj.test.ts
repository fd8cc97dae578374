import { describe, expect, test } from 'vitest';
import { u32 } from '../bytes/index.ts';
import { adjustFrom, beginAdjusted, IPS_SEQ_ADJUST } from '../conntrack/index.ts';
import { DROP } from '../core/index.ts';
import { NatBed, range } from './bed.ts';

const CLIENT = '10.0.0.1:5000';
const SERVER = '198.51.100.1:21';
const OUTSIDE = '192.0.2.1:5000';

/** A translated connection whose client says `delta` bytes more from 101 on than it knows. */
function edited(delta: number): NatBed {
  const bed = new NatBed();
  bed.snat(range('192.0.2.1'));
  bed.send(`tcp ${CLIENT} > ${SERVER} syn seq 100 sackok`);
  bed.send(`tcp ${SERVER} > ${OUTSIDE} syn,ack seq 500 ack 101 sackok`);
  bed.send(`tcp ${CLIENT} > ${SERVER} ack seq 101 ack 501 len 10`);
  adjustFrom(bed.ct.store, bed.packet.ct, 0, 101, delta);
  return bed;
}

/** Sends a segment; its sequence number and acknowledgement as they came out. */
function numbers(bed: NatBed, text: string): string {
  const out = bed.send(text);
  const { buf, transport } = bed.packet;
  const flaw = out.includes('bad checksum') ? ' bad checksum' : '';
  return `${out.split(' ')[0]} seq ${u32(buf, transport + 4)} ack ${u32(buf, transport + 8)}${flaw}`;
}

describe('after the client’s data was made longer', () => {
  test('its later segments move up, and what the server acknowledges moves down', () => {
    const bed = edited(7);
    expect(bed.ct.status(bed.packet.ct) & IPS_SEQ_ADJUST).toBe(IPS_SEQ_ADJUST);
    expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 111 ack 501 len 5`)).toBe(
      'ESTABLISHED seq 118 ack 501',
    );
    expect(numbers(bed, `tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 123`)).toBe(
      'ESTABLISHED seq 501 ack 116',
    );
  });

  test('the window is checked on the numbers the client knows', () => {
    const bed = edited(70_000);
    expect(numbers(bed, `tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 70111`)).toBe(
      'ESTABLISHED seq 501 ack 111',
    );
    expect(bed.send(`tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 70112`)).toContain('INVALID');
  });

  test('what was said before stays where it was', () => {
    const bed = edited(7);
    expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 101 ack 501 len 10`)).toBe(
      'ESTABLISHED seq 101 ack 501',
    );
  });

  test('a second edit adds up', () => {
    const bed = edited(7);
    bed.send(`tcp ${CLIENT} > ${SERVER} ack seq 111 ack 501 len 5`);
    adjustFrom(bed.ct.store, bed.packet.ct, 0, 111, -3);
    expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 116 ack 501 len 1`)).toBe(
      'ESTABLISHED seq 120 ack 501',
    );
    // The same position again is the same edit, seen in a retransmission.
    adjustFrom(bed.ct.store, bed.packet.ct, 0, 111, -3);
    expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 117 ack 501 len 1`)).toBe(
      'ESTABLISHED seq 121 ack 501',
    );
  });

  test.each([
    ['on even offsets', 'nop nop sack 128-138'],
    ['on odd offsets', 'nop sack 128-138'],
  ])('SACK blocks %s move with the rest', (_, options) => {
    const bed = edited(7);
    bed.send(`tcp ${CLIENT} > ${SERVER} ack seq 111 ack 501 len 10`);
    bed.send(`tcp ${CLIENT} > ${SERVER} ack seq 121 ack 501 len 10`);
    expect(numbers(bed, `tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 118 ${options}`)).toBe(
      'ESTABLISHED seq 501 ack 111',
    );
    const { buf, transport } = bed.packet;
    const at = buf.indexOf(10, transport + 20) + 1;
    expect([u32(buf, at), u32(buf, at + 4)]).toEqual([121, 131]);
  });
});

test('connections that nobody edited are left alone', () => {
  const bed = edited(0);
  expect(bed.ct.seqAdjust(bed.packet.ct)).toBeNull();
  expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 111 ack 501 len 5`)).toBe(
    'ESTABLISHED seq 111 ack 501',
  );
});

test('a connection whose server said another first number is moved from its beginning', () => {
  const bed = edited(0);
  beginAdjusted(bed.ct.store, bed.packet.ct, 1, 1000);
  expect(numbers(bed, `tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 111`)).toBe(
    'ESTABLISHED seq 1501 ack 111',
  );
  expect(numbers(bed, `tcp ${CLIENT} > ${SERVER} ack seq 111 ack 1501 len 5`)).toBe(
    'ESTABLISHED seq 111 ack 501',
  );
});

test('a segment whose options cannot be read is dropped', () => {
  const bed = edited(7);
  bed.netns.sysctl.set('net.netfilter.nf_conntrack_checksum', 0);
  const { buf, network } = bed.load(
    `tcp ${SERVER} > ${OUTSIDE} ack seq 501 ack 118 sackok nop nop`,
  );
  buf[network + 41] = 200;
  expect(bed.run('prerouting', 'postrouting')).toBe(DROP);
});
