import { describe, expect, test } from 'vitest';
import { IP_CT_RELATED, IP_CT_RELATED_REPLY } from '../core/index.ts';
import { Bed } from './bed.ts';

const FLOW = 'udp 10.0.0.2:40000 > 10.0.0.1:53';

describe('an ICMP error', () => {
  test.each([
    ['from the receiver', '10.0.0.1', 'port-unreachable'],
    ['from a router on the way', '192.0.2.9', 'host-unreachable'],
  ])('%s is RELATED, in the direction of answers', (_, from, type) => {
    const bed = new Bed();
    bed.send(FLOW);
    expect(bed.send(`icmp ${from} > 10.0.0.2 ${type} about (${FLOW})`)).toBe('RELATED');
    expect(bed.packet.ctinfo).toBe(IP_CT_RELATED_REPLY);
    // It answers nothing: the flow stays unreplied.
    expect(bed.line).toContain('[UNREPLIED]');
  });

  test('about an answer goes in the original direction', () => {
    const bed = new Bed();
    bed.send(FLOW);
    const back = 'udp 10.0.0.1:53 > 10.0.0.2:40000';
    bed.send(back);
    expect(bed.send(`icmp 10.0.0.2 > 10.0.0.1 port-unreachable about (${back})`)).toBe('RELATED');
    expect(bed.packet.ctinfo).toBe(IP_CT_RELATED);
  });

  test('about a ping is RELATED to it', () => {
    const bed = new Bed();
    const ping = 'icmp 10.0.0.2 > 10.0.0.1 echo-request id 3';
    bed.send(ping);
    expect(bed.send(`icmp 10.0.0.9 > 10.0.0.2 ttl-exceeded about (${ping})`)).toBe('RELATED');
  });

  test.each([
    [
      'about no known connection',
      'icmp 10.0.0.1 > 10.0.0.2 port-unreachable about (udp 10.0.0.2:1 > 10.0.0.1:53)',
    ],
    [
      'to somebody else than the quoted sender',
      `icmp 10.0.0.1 > 10.0.0.7 port-unreachable about (${FLOW})`,
    ],
  ])('%s is INVALID', (_, text) => {
    const bed = new Bed();
    bed.send(FLOW);
    expect(bed.send(text)).toBe('INVALID');
  });

  test('with a wrong checksum is INVALID', () => {
    const bed = new Bed();
    bed.send(FLOW);
    const damage = (): void => {
      bed.packet.buf[bed.packet.end - 1]! ^= 1;
    };
    expect(
      bed.send(
        `icmp 10.0.0.1 > 10.0.0.2 port-unreachable about (${FLOW} len 4)`,
        'forward',
        damage,
      ),
    ).toBe('INVALID');
  });
});

describe('an ICMPv6 error', () => {
  const flow6 = 'udp [2001:db8::2]:1 > [2001:db8::1]:2 len 9';

  test('is RELATED', () => {
    const bed = new Bed();
    bed.send(flow6);
    expect(bed.send(`icmp6 2001:db8::9 > 2001:db8::2 too-big mtu 1280 about (${flow6})`)).toBe(
      'RELATED',
    );
  });

  test('about nothing known is INVALID', () => {
    expect(
      new Bed().send(`icmp6 2001:db8::9 > 2001:db8::2 too-big mtu 1280 about (${flow6})`),
    ).toBe('INVALID');
  });
});

test('later fragments and packets without transport header are INVALID', () => {
  const bed = new Bed();
  expect(bed.send('udp 10.0.0.1 > 10.0.0.2 frag 1480 len 100 id 9')).toBe('INVALID');
  expect(bed.send('udp 10.0.0.1:1 > 10.0.0.2:2 frag 0+ len 1472 id 9', 'out')).toBe('INVALID');
  expect(bed.ct.size).toBe(0);
});
