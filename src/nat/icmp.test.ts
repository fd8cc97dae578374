import { describe, expect, test } from 'vitest';
import { IPS_SRC_NAT } from '../conntrack/index.ts';
import { ends, NatBed, range } from './bed.ts';

/** Ends of the packet quoted in the loaded ICMP error. */
const quoted = (bed: NatBed, family: 'ip' | 'ip6'): string =>
  ends(bed.packet, family, bed.packet.transport + 8);

describe('an ICMP error about a translated flow', () => {
  test('is translated back, with what it quotes', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6000]));
    bed.send('udp 10.0.0.1:5000 > 198.51.100.1:53 data "abc"');
    const text = 'udp 192.0.2.1:6000 > 198.51.100.1:53 data "abc"';
    expect(bed.send(`icmp 203.0.113.9 > 192.0.2.1 port-unreachable about (${text})`)).toMatch(
      /^RELATED 203\.0\.113\.9:\d+ > 10\.0\.0\.1$/,
    );
    expect(quoted(bed, 'ip')).toBe('10.0.0.1:5000 > 198.51.100.1:53');
  });

  test('sent by the translated server shows the address that was asked for', () => {
    const bed = new NatBed();
    bed.dnat(range('10.9.0.1', [8053, 8053]));
    bed.send('udp 10.0.0.1:5000 > 192.0.2.1:53');
    expect(
      bed.send(
        'icmp 10.9.0.1 > 10.0.0.1 port-unreachable about (udp 10.0.0.1:5000 > 10.9.0.1:8053)',
      ),
    ).toMatch(/^RELATED 192\.0\.2\.1:\d+ > 10\.0\.0\.1$/);
    expect(quoted(bed, 'ip')).toBe('10.0.0.1:5000 > 192.0.2.1:53');
  });

  test('in the direction of the flow is translated forwards', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [6000, 6000]));
    bed.send('udp 10.0.0.1:5000 > 198.51.100.1:53');
    bed.send('udp 198.51.100.1:53 > 192.0.2.1:6000');
    expect(
      bed.send(
        'icmp 10.0.0.1 > 198.51.100.1 port-unreachable about (udp 198.51.100.1:53 > 10.0.0.1:5000)',
      ),
    ).toMatch(/^RELATED 192\.0\.2\.1:\d+ > 198\.51\.100\.1$/);
    expect(quoted(bed, 'ip')).toBe('198.51.100.1:53 > 192.0.2.1:6000');
  });

  test('over IPv6', () => {
    const bed = new NatBed();
    bed.snat(range('2001:db8:f::1', [6000, 6000]));
    bed.send('tcp [2001:db8::1]:5000 > [2001:db8:5::1]:80 syn seq 1');
    const text = 'tcp [2001:db8:f::1]:6000 > [2001:db8:5::1]:80 syn seq 1';
    expect(
      bed.send(`icmp6 2001:db8:9::9 > 2001:db8:f::1 too-big mtu 1280 about (${text})`),
    ).toMatch(/^RELATED 2001:db8:9::9:\d+ > 2001:db8::1$/);
    expect(quoted(bed, 'ip6')).toBe('2001:db8::1:5000 > 2001:db8:5::1:80');
  });

  test('about a ping has the identifier put back', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1', [99, 99]));
    bed.send('icmp 10.0.0.1 > 198.51.100.1 echo-request id 7');
    bed.send(
      'icmp 203.0.113.9 > 192.0.2.1 ttl-exceeded about (icmp 192.0.2.1 > 198.51.100.1 echo-request id 99)',
    );
    expect(quoted(bed, 'ip')).toBe('10.0.0.1:7 > 198.51.100.1');
  });

  test('that asks for another route is dropped where addresses are translated', () => {
    const bed = new NatBed();
    bed.snat(range('192.0.2.1'));
    bed.send('udp 10.0.0.1:5000 > 198.51.100.1:53');
    expect(bed.ct.status(bed.packet.ct) & IPS_SRC_NAT).toBe(IPS_SRC_NAT);
    expect(
      bed.send(
        'icmp 192.0.2.254 > 192.0.2.1 redirect gateway 192.0.2.9 about (udp 192.0.2.1:5000 > 198.51.100.1:53)',
      ),
    ).toBe('drop');
  });

  test('about a flow that is not translated passes as it is', () => {
    const bed = new NatBed();
    bed.snat(range('10.0.0.1'));
    bed.send('udp 10.0.0.1:5000 > 198.51.100.1:53');
    expect(
      bed.send(
        'icmp 203.0.113.9 > 10.0.0.1 port-unreachable about (udp 10.0.0.1:5000 > 198.51.100.1:53)',
      ),
    ).toMatch(/^RELATED 203\.0\.113\.9:\d+ > 10\.0\.0\.1$/);
    expect(quoted(bed, 'ip')).toBe('10.0.0.1:5000 > 198.51.100.1:53');
  });
});
