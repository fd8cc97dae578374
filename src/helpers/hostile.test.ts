// Whatever comes in the payload, a helper neither throws nor lets a packet grow beyond its bounds, and
// what it made of a packet is a packet.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HelperBench } from './bench.ts';
import { setup, tpkt } from './h323/bed-calls.ts';
import { openRequest } from './h323/bed-channels.ts';
import { registrationRequest, unregistrationRequest } from './h323/bed-ras.ts';
import { KERNEL_HELPERS } from './registry.ts';
import { latin1 } from './text.ts';

/** What the protocols begin with, so that the readers are reached at all. */
const WORDS = [
  'PORT 10,0,0,2,1,2\r\n',
  'EPRT |1|10.0.0.2|1234|\r\n',
  '227 x (1,2,3,4,5,6)\r\n',
  '229 (|||99|)\r\n',
  'PRIVMSG x :\x01DCC SEND f 167772162 5555 1\x01\r\n',
  'CONNECT DATA 1025 MESG 1026 INDEX 1027\n',
  'INVITE sip:b@192.0.2.2 SIP/2.0\r\n',
  'SIP/2.0 200 OK\r\n',
  'REGISTER sip:192.0.2.2 SIP/2.0\r\n',
  'CSeq: 1 INVITE\r\n',
  'CSeq: 1 REGISTER\r\n',
  'Via: SIP/2.0/UDP 10.0.0.2:40000;rport=1;received=10.0.0.2\r\n',
  'Contact: <sip:a@10.0.0.2:40000>;expires=60\r\n',
  'Content-Length: 100\r\n\r\n',
  'v=0\r\no=a 1 1 IN IP4 10.0.0.2\r\nc=IN IP4 10.0.0.2\r\nm=audio 30000 RTP/AVP 0\r\n',
  '\x00\x01f\x00octet\x00',
  'SETUP rtsp://x RTSP/1.0\r\nTransport: RTP/AVP;client_port=4588-4589,RTP/AVP;dest_addr=":5000"\r\n\r\n',
  'RTSP/1.0 200 OK\r\nTransport: RTP/AVP;dest_addr="192.0.2.9:5000";server_port=6000\r\n\r\n',
  ...[
    tpkt(setup({ control: '10.0.0.2:3000', fastStart: [{ forward: { media: '10.0.0.2:5000' } }] })),
    tpkt(openRequest({ forward: {}, data: '10.0.0.2:1503' })),
    registrationRequest({ call: ['10.0.0.2:1720'], ras: ['10.0.0.2:40000'], seconds: 9 }),
    unregistrationRequest(['10.0.0.2:1720']),
  ].map(latin1),
  '\x00\x00\x00\x07\x00\x00\x00\x01',
];

const payload = fc
  .array(
    fc.oneof(
      fc.constantFrom(...WORDS),
      fc.constantFrom(...WORDS).chain((word) => fc.nat(word.length).map((n) => word.slice(0, n))),
      fc.string({ maxLength: 20, unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('').slice(0, 1300));

const said = fc.array(fc.tuple(fc.boolean(), payload), { minLength: 1, maxLength: 6 });

describe.each(KERNEL_HELPERS.map(({ name }) => name))('%s', (name) => {
  const helper = KERNEL_HELPERS.find((one) => one.name === name)!;
  test.each([false, true])('takes anything (translated %s)', (translated) => {
    fc.assert(
      fc.property(said, (lines) => {
        const bench = new HelperBench(helper, { translated });
        for (const [client, text] of lines) {
          const heard = client ? bench.client(text) : bench.server(text);
          expect(heard === null || heard.length <= text.length + 400).toBe(true);
        }
        // State goes anywhere as it is.
        expect(JSON.parse(JSON.stringify(bench.state ?? null))).toEqual(bench.state ?? null);
      }),
      { numRuns: 60 },
    );
  });
});
