import { describe, expect, test } from 'vitest';
import { Bed } from './bed.ts';
import { IPS_ASSURED, IPS_SEEN_REPLY } from './constants.ts';

const status = (bed: Bed): number => bed.ct.connections.get({})?.status ?? -1;
const timeout = (bed: Bed): number => bed.ct.connections.get({})?.timeout ?? -1;

describe('UDP', () => {
  const OUT = 'udp 10.0.0.1:1000 > 10.0.0.2:53';
  const BACK = 'udp 10.0.0.2:53 > 10.0.0.1:1000';

  test('lasts 30 seconds unanswered and answered, and 120 once it is a stream', () => {
    const bed = new Bed();
    expect([bed.send(OUT), timeout(bed)]).toEqual(['NEW', 30]);
    expect([bed.send(BACK), timeout(bed)]).toEqual(['ESTABLISHED', 30]);
    bed.advance(1);
    expect([bed.send(OUT), timeout(bed)]).toEqual(['ESTABLISHED', 30]);
    expect(status(bed) & IPS_ASSURED).toBe(0);
    bed.advance(1.5);
    expect([bed.send(OUT), timeout(bed)]).toEqual(['ESTABLISHED', 120]);
    expect(status(bed) & IPS_ASSURED).toBe(IPS_ASSURED);
  });

  test('without an answer it never becomes a stream', () => {
    const bed = new Bed();
    for (let i = 0; i < 5; i++) {
      expect([bed.send(OUT), timeout(bed)]).toEqual(['NEW', 30]);
      bed.advance(10);
    }
  });

  test('timeouts are sysctls', () => {
    const bed = new Bed();
    bed.sysctl('udp_timeout', 7);
    bed.send(OUT);
    expect(timeout(bed)).toBe(7);
    bed.advance(7);
    expect(bed.list()).toEqual([]);
  });

  test('a length that does not fit is invalid', () => {
    const bed = new Bed();
    bed.sysctl('checksum', 0);
    for (const length of [7, 9])
      expect(
        bed.send(OUT, 'forward', ({ buf, network }) => {
          buf[network + 25] = length;
        }),
      ).toBe('INVALID');
  });

  test('a checksum of 0 is none', () => {
    expect(new Bed().send(`${OUT} nosum data "x"`)).toBe('NEW');
  });
});

test('UDP-Lite is checked as the kernel does: with the protocol number of UDP', () => {
  const bed = new Bed();
  // A right checksum has 136 in its pseudo header, and that is what the kernel refuses.
  expect(bed.send('udplite 10.0.0.1:1 > 10.0.0.2:2 len 10 coverage 8')).toBe('INVALID');
  bed.sysctl('checksum', 0);
  expect(bed.send('udplite 10.0.0.1:1 > 10.0.0.2:2 len 10 coverage 8')).toBe('NEW');
  expect(bed.send('udplite 10.0.0.2:2 > 10.0.0.1:1 len 10')).toBe('ESTABLISHED');
  expect(bed.send('udplite 10.0.0.1:1 > 10.0.0.2:2 len 10')).toBe('ESTABLISHED');
  expect([status(bed) & IPS_ASSURED, timeout(bed)]).toEqual([IPS_ASSURED, 120]);
});

describe('ICMP', () => {
  const ping = (text: string): string => `icmp ${text}`;

  test('a query is NEW, its answer ESTABLISHED, an answer without query INVALID', () => {
    const bed = new Bed();
    expect(bed.send(ping('10.0.0.2 > 10.0.0.1 echo-reply id 7'))).toBe('INVALID');
    expect(bed.send(ping('10.0.0.1 > 10.0.0.2 echo-request id 7'))).toBe('NEW');
    expect(bed.send(ping('10.0.0.2 > 10.0.0.1 echo-reply id 8'))).toBe('INVALID');
    expect(bed.send(ping('10.0.0.2 > 10.0.0.1 echo-reply id 7'))).toBe('ESTABLISHED');
    expect(bed.line).toBe(
      'icmp     1 30 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 ' +
        'src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1',
    );
  });

  test.each([
    ['timestamp-request', 'NEW'],
    ['router-solicitation', 'INVALID'],
  ])('%s is %s', (type, state) => {
    expect(new Bed().send(ping(`10.0.0.1 > 10.0.0.2 ${type}`))).toBe(state);
  });

  test('types the kernel does not know are invalid', () => {
    const bed = new Bed();
    bed.sysctl('checksum', 0);
    expect(
      bed.send(ping('10.0.0.1 > 10.0.0.2 echo-request'), 'forward', ({ buf, network }) => {
        buf[network + 20] = 42;
      }),
    ).toBe('INVALID');
  });
});

describe('ICMPv6', () => {
  test.each([
    ['2001:db8::1 > 2001:db8::2 echo-request id 7', 'NEW'],
    ['2001:db8::1 > 2001:db8::2 echo-reply id 7', 'INVALID'],
    ['fe80::1 > ff02::1:ff00:2 ns target fe80::2', 'UNTRACKED'],
    ['fe80::2 > fe80::1 na target fe80::2', 'UNTRACKED'],
    ['fe80::1 > ff02::2 rs', 'UNTRACKED'],
    ['fe80::1 > ff02::1 ra', 'UNTRACKED'],
  ])('%s is %s', (text, state) => {
    expect(new Bed().send(`icmp6 ${text}`)).toBe(state);
  });
});

test('GRE is a stream from its first answer on', () => {
  const bed = new Bed();
  expect(bed.send('gre 10.0.0.1 > 10.0.0.2 carrying (udp 1.1.1.1:1 > 1.1.1.2:2)')).toBe('NEW');
  expect(timeout(bed)).toBe(30);
  expect(bed.send('gre 10.0.0.2 > 10.0.0.1 carrying (udp 1.1.1.2:2 > 1.1.1.1:1)')).toBe(
    'ESTABLISHED',
  );
  expect(status(bed) & (IPS_SEEN_REPLY | IPS_ASSURED)).toBe(IPS_SEEN_REPLY);
  bed.send('gre 10.0.0.1 > 10.0.0.2 carrying (udp 1.1.1.1:1 > 1.1.1.2:2)');
  expect([status(bed) & IPS_ASSURED, timeout(bed)]).toEqual([IPS_ASSURED, 180]);
});

test('what has no tracker is told apart by its addresses alone', () => {
  const bed = new Bed();
  expect(bed.send('esp 10.0.0.1 > 10.0.0.2 spi 1 seq 1')).toBe('NEW');
  expect(bed.send('esp 10.0.0.2 > 10.0.0.1 spi 2 seq 1')).toBe('ESTABLISHED');
  expect(bed.line).toBe(
    'unknown  50 600 src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1 mark=0 use=1',
  );
});

describe('SCTP', () => {
  const A = 'sctp 10.0.0.1:1 > 10.0.0.2:2';
  const B = 'sctp 10.0.0.2:2 > 10.0.0.1:1';
  const state = (bed: Bed): string => {
    const entry = bed.ct.connections.get({});
    return entry === undefined ? 'none' : `${entry.state} ${entry.timeout}`;
  };

  test('an association from INIT to SHUTDOWN COMPLETE', () => {
    const bed = new Bed();
    const steps: readonly [string, string, string][] = [
      [`${A} init tag 5`, 'NEW', 'CLOSED 10'],
      [`${B} init-ack tag 6 vtag 5`, 'ESTABLISHED', 'COOKIE_WAIT 3'],
      [`${A} cookie-echo data "c" vtag 6`, 'ESTABLISHED', 'COOKIE_ECHOED 3'],
      [`${B} cookie-ack vtag 5`, 'ESTABLISHED', 'ESTABLISHED 210'],
      [`${A} shutdown tsn 3 vtag 6`, 'ESTABLISHED', 'SHUTDOWN_SENT 3'],
      [`${B} shutdown-ack vtag 5`, 'ESTABLISHED', 'SHUTDOWN_ACK_SENT 3'],
      [`${A} shutdown-complete vtag 6`, 'ESTABLISHED', 'CLOSED 10'],
    ];
    for (const [text, seen, then] of steps)
      expect([text, bed.send(text), state(bed)]).toEqual([text, seen, then]);
    expect(status(bed) & IPS_ASSURED).toBe(IPS_ASSURED);
  });

  test('a wrong verification tag is invalid', () => {
    const bed = new Bed();
    bed.send(`${A} init tag 5`);
    expect(bed.send(`${B} init-ack tag 6 vtag 9`)).toBe('INVALID');
    expect(bed.send(`${A} abort vtag 9`)).toBe('INVALID');
  });

  test('a damaged checksum is invalid', () => {
    const bed = new Bed();
    const damage = (): void => {
      bed.packet.buf[bed.packet.network + 28]! ^= 1;
    };
    expect(bed.send(`${A} init tag 5`, 'forward', damage)).toBe('INVALID');
  });
});
