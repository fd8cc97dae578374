import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  exercisePacket,
  fixChecksums,
  SAMPLE_NOTATIONS,
  verifyChecksums,
} from '../packet/index.ts';
import { NFQA_SKB_CSUMNOTREADY, NFQA_SKB_GSO } from '../uapi/index.ts';
import type { QueuedPacket } from './index.ts';
import { bytesOf, judge, packetOf, running, text } from './test-support.ts';

const UDP4 = 'udp 10.0.0.1:1000 > 10.0.0.2:53 data "hello"';
const UDP6 = 'udp [2001:db8::1]:1000 > [2001:db8::2]:53 data "hello"';
const TCP4 = 'tcp 10.0.0.1:1000 > 10.0.0.2:80 ack seq 5 data "GET /" ts 1 2';
const TCP6 = 'tcp [2001:db8::1]:1000 > [2001:db8::2]:80 ack seq 5 data "GET /"';

/** Every checksum of the packet that went on is right, and so are its lengths. */
function expectSound(bytes: Uint8Array | undefined): void {
  expect(bytes).toBeDefined();
  const reports = verifyChecksums(bytes!, 0);
  expect(reports.length).toBeGreaterThan(0);
  expect(reports.filter((r) => r.state !== 'correct')).toEqual([]);
}

describe('edits', () => {
  const edits: Record<string, (packet: QueuedPacket) => void> = {
    'a payload byte in place': (p) => {
      p.payload[0] = 0x42;
    },
    'the last, odd byte': (p) => {
      p.payload[p.payload.length - 1] = 0xfe;
    },
    'a longer payload': (p) => {
      p.payload = bytesOf('a good deal longer than it was');
    },
    'a shorter payload': (p) => {
      p.payload = bytesOf('hi');
    },
    'no payload': (p) => {
      p.payload = new Uint8Array(0);
    },
    'ports by the packet': (p) => {
      p.sourcePort = 7;
      p.destinationPort = 9;
    },
    'ports by the view': (p) => {
      (p.udp ?? p.tcp)!.destinationPort = 99;
    },
    'both addresses': (p) => {
      p.source = p.ip === undefined ? 'fe80::7' : '192.0.2.7';
      p.destination = p.ip === undefined ? 'fe80::8' : '192.0.2.8';
    },
    'hop limit': (p) => {
      if (p.ip !== undefined) p.ip.ttl = 3;
      else p.ip6!.hopLimit = 3;
      p.payload[1] = 1;
    },
    'everything at once, the length last': (p) => {
      p.sourcePort = 7;
      p.source = p.ip === undefined ? 'fe80::7' : '192.0.2.7';
      p.payload[0] = 0;
      p.payload = bytesOf('x'.repeat(1300));
    },
    'longer, then a header': (p) => {
      p.payload = bytesOf('longer than before');
      p.sourcePort = 4711;
    },
    'longer, then shorter': (p) => {
      p.payload = bytesOf('longer than before');
      p.payload = bytesOf('s');
    },
    'longer, from itself': (p) => {
      p.payload = bytesOf('longer than before');
      p.payload = p.bytes;
    },
    'a wrong checksum written by hand': (p) => {
      (p.udp ?? p.tcp)!.checksum = 0x1234;
      p.payload[0] = 1;
    },
    'lengths written by hand': (p) => {
      if (p.udp !== undefined) p.udp.length = 9;
      if (p.ip !== undefined) p.ip.totalLength = 29;
      p.payload[0] = 1;
    },
  };
  for (const [family, packet] of Object.entries({ UDP4, UDP6, TCP4, TCP6 })) {
    test.each(Object.entries(edits))(`${family}: %s`, async (_, edit) => {
      const got = await judge((p: QueuedPacket) => edit(p), packet);
      expect(got.failures).toEqual([]);
      expectSound(got.bytes);
    });
  }

  test('a packet that was only looked at goes on without its bytes', async () => {
    const got = await judge((p: QueuedPacket) => {
      expect(p.udp!.destinationPort).toBe(53);
      expect(text(p.payload)).toBe('hello');
      p.payload[0] = p.payload[0]!;
    }, UDP4);
    expect(got.bytes).toBeUndefined();
  });

  test('one that is dropped is not repaired', async () => {
    const got = await judge((p: QueuedPacket) => {
      p.payload = bytesOf('other');
      return 'drop';
    }, UDP4);
    expect(got.bytes).toBeUndefined();
  });

  test('a UDP checksum of 0 stays 0 over IPv4', async () => {
    const got = await judge((p: QueuedPacket) => {
      p.payload[0] = 1;
    }, 'udp 10.0.0.1:1 > 10.0.0.2:53 nosum data "x"');
    expect(verifyChecksums(got.bytes!, 0).map((r) => r.state)).toEqual(['correct', 'absent']);
  });

  test('a checksum that came in wrong does not become right', async () => {
    const bytes = packetOf(UDP4);
    bytes[26]! ^= 0x10;
    const { queue } = await running((p: QueuedPacket) => {
      p.payload[0] = 1;
    });
    queue.push(bytes);
    const states = verifyChecksums(queue.verdicts[0]!.bytes!, 0).map((r) => r.state);
    expect(states).toEqual(['correct', 'incorrect']);
  });

  test('a checksum that a device was to finish is finished', async () => {
    const bytes = packetOf(TCP4);
    bytes[36] = 0x12;
    const { queue } = await running((p: QueuedPacket) => {
      expect(p.gso).toBe(true);
      p.payload[0] = 1;
    });
    queue.push(bytes, { skbInfo: NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO });
    expectSound(queue.verdicts[0]!.bytes);
  });

  test('bytes of a whole other packet', async () => {
    const got = await judge((p: QueuedPacket) => {
      p.bytes = packetOf(TCP6);
    }, UDP4);
    expect(got.bytes).toEqual(packetOf(TCP6));
  });

  test('in a first fragment the checksum follows a change', async () => {
    const whole = 'udp 10.0.0.1:1 > 10.0.0.2:2 len 1472 id 9';
    const [before, after] = [packetOf(whole), packetOf(whole)];
    after[100] = 7;
    fixChecksums(after, 0);
    const fragment = before.slice(0, 820);
    fragment.set([0x03, 0x34], 2);
    fragment[6] = 0x20;
    fixChecksums(fragment, 0);
    const { queue } = await running((p: QueuedPacket) => {
      expect(p.isFragment).toBe(true);
      p.payload[72] = 7;
    });
    queue.push(fragment);
    expect(queue.verdicts[0]!.bytes!.slice(20)).toEqual(after.slice(20, 820));
  });

  test.each([
    {
      name: 'more than a packet holds',
      packet: UDP4,
      edit: (p: QueuedPacket) => {
        p.payload = new Uint8Array(65_530);
      },
      error: '65535 is the most',
    },
    {
      name: 'a fragment made longer',
      packet: 'udp 10.0.0.1:5 > 10.0.0.2:6 frag 0+ len 1472 id 9',
      edit: (p: QueuedPacket) => {
        p.payload = bytesOf('x');
      },
      error: 'fragment',
    },
    {
      name: 'an address of the other family',
      packet: UDP4,
      edit: (p: QueuedPacket) => {
        p.source = '::1';
      },
      error: "no address of this packet's family",
    },
    {
      name: 'a port where there is none',
      packet: 'icmp 10.0.0.1 > 10.0.0.2 echo-request',
      edit: (p: QueuedPacket) => {
        p.sourcePort = 1;
      },
      error: 'no ports',
    },
  ])('$name is refused, and the packet goes on as it came', async ({ packet, edit, error }) => {
    const got = await judge(edit, packet);
    expect(String(got.failures[0])).toContain(error);
    expect(got).toMatchObject({ verdict: 'accept' });
    expect(got.bytes).toBeUndefined();
  });

  test.each([
    (p: QueuedPacket) => {
      p.payload = bytesOf('longer than it was before');
    },
    (p: QueuedPacket) => {
      p.payload[0] = 1;
    },
  ])('a packet that was copied in part cannot be edited', async (edit) => {
    const got = await judge(edit, UDP4, { length: 1400 });
    expect(String(got.failures[0])).toContain('only the beginning');
    expect(got.bytes).toBeUndefined();
  });
});

test('what the kernel says is there in words', async () => {
  await judge(
    (p: QueuedPacket) => {
      expect(p).toMatchObject({
        hook: 'forward',
        family: 'ip',
        indev: 'eth0',
        outdev: 'eth1',
        physIndev: '',
        queue: 3,
        uid: undefined,
        gid: 0,
        timestamp: 5.25,
        mark: 9,
        protocol: 17,
        source: '10.0.0.1',
        destination: '10.0.0.2',
        sourcePort: 1000,
        connectionState: { state: 'established', reply: true },
        connection: undefined,
      });
    },
    UDP4,
    {
      hook: 2,
      indev: 2,
      outdev: 3,
      queue: 3,
      gid: 0,
      seconds: 5,
      microseconds: 250_000,
      mark: 9,
      ctInfo: 3,
    },
  ).then((got) => expect(got.failures).toEqual([]));
});

test('marks go with the verdict', async () => {
  const got = await judge((p: QueuedPacket) => {
    p.mark = 0xffffffff;
    p.ctMark = 3;
    expect(p.mark).toBe(0xffffffff);
  }, UDP4);
  expect(got).toMatchObject({ mark: 0xffffffff, ctMark: 3 });
});

describe('properties', () => {
  const packets = SAMPLE_NOTATIONS.filter((n) => !n.startsWith('arp')).map(packetOf);
  const sound = packets.filter((bytes) =>
    verifyChecksums(bytes, 0).every((r) => r.state === 'correct'),
  );

  test('after any edits in place the checksums are what summing anew gives', async () => {
    let edit: (p: QueuedPacket) => void = () => {};
    const { queue } = await running((p: QueuedPacket) => edit(p));
    fc.assert(
      fc.property(
        fc.constantFrom(...sound),
        fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (bytes, changes) => {
          edit = (p) => {
            for (const [at, value] of changes)
              p.payload[at % Math.max(1, p.payload.length)] = value;
          };
          queue.verdicts.length = 0;
          queue.push(bytes);
          const { bytes: got } = queue.verdicts[0]!;
          if (got === undefined) return;
          const summed = got.slice();
          fixChecksums(summed, 0);
          expect(got).toEqual(summed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('no bytes make a handler fail that looks at everything and writes anywhere', async () => {
    const { queue, runner } = await running((p: QueuedPacket) => {
      const views = [p.ip, p.ip6, p.udp, p.tcp, p.icmp, p.icmpv6, p.sctp, p.udplite, p.dccp];
      for (const view of views) void view?.bytes;
      void [
        p.source,
        p.destination,
        p.sourcePort,
        p.destinationPort,
        p.mac,
        p.connection,
        p.length,
      ];
      const { payload, bytes } = p;
      if (payload.length > 0) payload[0]!++;
      if (bytes.length > 9) bytes[bytes[9]! % bytes.length]!++;
      if (!p.isFragment && bytes.length % 3 === 0) p.payload = bytes.slice(3);
      exercisePacket(p.bytes, 101);
    });
    const arbitrary = fc
      .tuple(
        fc.constantFrom(...packets),
        fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
        fc.nat(60),
      )
      .map(([bytes, changes, cut]) => {
        const copy = bytes.slice(0, Math.max(1, bytes.length - (cut > 30 ? 0 : cut)));
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(arbitrary, fc.uint8Array({ minLength: 0, maxLength: 80 })), (bytes) => {
        queue.push(bytes);
      }),
      { numRuns: 3000 },
    );
    expect(runner.statistics.causes.threw).toBe(0);
    expect(runner.statistics.causes.invalid).toBe(0);
  });
});
