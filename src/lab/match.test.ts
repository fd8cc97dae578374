import { describe, expect, test } from 'vitest';
import { manualClock } from '../core/index.ts';
import { parsePacketNotation } from '../packet/index.ts';
import { Match, type MatchSubject } from './index.ts';

const bytesOf = (text: string): Uint8Array => {
  const spec = parsePacketNotation(text);
  if ('message' in spec) throw new Error(spec.message);
  return spec.bytes;
};
const matches = (match: Match, text: string, subject?: MatchSubject): boolean =>
  match.test(bytesOf(text), subject);

const UDP = 'udp 10.0.0.1:5 > 10.0.0.2:1331';
const UDP6 = 'udp [2001:db8::1]:5 > [2001:db8::2]:1331';

describe('an expression of nft', () => {
  test.each<[string, string, MatchSubject | undefined, boolean]>([
    ['udp dport 1331', UDP, undefined, true],
    ['udp dport 1331', UDP6, undefined, true],
    ['udp dport 1332', UDP, undefined, false],
    ['icmp type echo-request', UDP6, undefined, false],
    ['ip6 daddr 2001:db8::/32', UDP6, undefined, true],
    ['iifname eth0 oifname eth1', UDP, { indev: 'eth0', outdev: 'eth1' }, true],
    ['iifname eth0 oifname eth1', UDP, { indev: 'eth1', outdev: 'eth0' }, false],
    ['meta mark 7', UDP, { mark: 7 }, true],
    ['', UDP, undefined, true],
  ])('%s: %s', (text, packet, subject, want) => {
    expect(matches(new Match(text, manualClock()), packet, subject)).toBe(want);
  });

  test('knows the connections of the packets before', () => {
    const match = new Match('meta l4proto tcp ct original proto-dst 80', manualClock());
    const state = new Match('ct state established', manualClock());
    const both = (text: string) => [matches(match, text), matches(state, text)];
    expect(both('tcp 10.0.0.1:5 > 10.0.0.2:80 syn seq 1')).toEqual([true, false]);
    expect(both('tcp 10.0.0.2:80 > 10.0.0.1:5 syn,ack seq 9 ack 2')).toEqual([true, true]);
    expect(both('tcp 10.0.0.2:80 > 10.0.0.1:81 syn seq 9')).toEqual([false, false]);
  });

  test('that is none is refused with its place', () => {
    expect(() => new Match('udp dprot 1331', manualClock())).toThrow(/dprot/);
  });
});
