import { describe, expect, test } from 'vitest';
import { BENCH, HelperBench } from './bench.ts';
import { rtspHelper } from './rtsp.ts';

const setup = (transport: string): string =>
  `SETUP rtsp://192.0.2.2/a RTSP/1.0\r\nCSeq: 3\r\nTransport: ${transport}\r\n\r\n`;
const answer = (transport: string): string =>
  `RTSP/1.0 200 OK\r\nCSeq: 3\r\nTransport: ${transport}\r\nSession: 1\r\n\r\n`;
const CLIENT = 'RTP/AVP;unicast;client_port=4588-4589';
const SERVER = `${CLIENT};server_port=6256-6257`;

describe('RTSP', () => {
  test('both ends of a stream are expected', () => {
    const bench = new HelperBench(rtspHelper(), { port: 554 });
    bench.client(setup(CLIENT));
    bench.server(answer(SERVER));
    expect(bench.expected.sort()).toEqual([
      'udp 10.0.0.2 > 192.0.2.2:6256',
      'udp 10.0.0.2 > 192.0.2.2:6257',
      'udp 192.0.2.2 > 10.0.0.2:4588',
      'udp 192.0.2.2 > 10.0.0.2:4589',
    ]);
    expect(bench.send('udp 192.0.2.2:6256 > 10.0.0.2:4588')).toBe('RELATED');
  });

  test('behind NAT the address is rewritten, and where a port is taken the pair is', () => {
    const bench = new HelperBench(rtspHelper(), { port: 554, translated: true });
    const { client, outside } = BENCH.ip;
    expect(bench.client(setup(`${CLIENT};destination=${client}`))).toBe(
      setup(`${CLIENT};destination=${outside}`),
    );
    expect(bench.server(answer(SERVER))).toBe(answer(SERVER));
    expect(bench.send(`udp 192.0.2.2:6256 > ${outside}:4588`)).toBe('RELATED');
    expect(bench.client('PLAY rtsp://192.0.2.2/a RTSP/1.0\r\n\r\n')).not.toBeNull();
  });

  test('each transport that is offered is expected, interleaved ones aside', () => {
    const bench = new HelperBench(rtspHelper(), { port: 554, translated: true });
    const { outside } = BENCH.ip;
    const offers = (first: number): string =>
      `${CLIENT},RTP/AVP/TCP;unicast;interleaved=0-1,RTP/SAVP;unicast;client_port=${first}-${first + 1}`;
    expect(bench.client(setup(offers(5000)))).toBe(setup(offers(5000)));
    expect(bench.expected.sort()).toEqual(
      [4588, 4589, 5000, 5001].map((port) => `udp 192.0.2.2 > ${outside}:${port}`),
    );
  });

  test('RTSP 2.0: quoted addresses, both ways through NAT', () => {
    const bench = new HelperBench(rtspHelper(), { port: 554, translated: true });
    const { client, outside } = BENCH.ip;
    const ends = (host: string): string =>
      `RTP/AVP/UDP;unicast;dest_addr="${host}:4588"/"${host}:4589"`;
    expect(bench.client(setup(ends(client)))).toBe(setup(ends(outside)));
    const server = ';src_addr="192.0.2.2:6256"/"192.0.2.2:6257"';
    expect(bench.server(answer(`${ends(outside)}${server}`))).toBe(
      answer(`${ends(client)}${server}`),
    );
    expect(bench.send(`udp 192.0.2.2:6256 > ${outside}:4588`)).toBe('RELATED');
    expect(bench.client(setup('RTP/AVP;unicast;dest_addr=":4590"/":4591"'))).toContain(
      '":4590"/":4591"',
    );
    expect(bench.expected).toContain(`udp 192.0.2.2 > ${outside}:4590`);
  });

  test.each([
    ['another machine', 'RTP/AVP;unicast;dest_addr="10.0.0.3:4588"/"10.0.0.3:4589"'],
    ['an end without a port', 'RTP/AVP;unicast;dest_addr="10.0.0.2"/"10.0.0.2:4589"'],
    ['ends that do not follow each other', 'RTP/AVP;unicast;dest_addr=":4588"/":4600"'],
    ['a group', 'RTP/AVP;multicast;destination=224.2.0.1;port=3456-3457;ttl=16'],
    ['interleaved', 'RTP/AVP/TCP;interleaved=0-1'],
    ['a privileged port', 'RTP/AVP;unicast;client_port=80-81'],
    ['a range of many', 'RTP/AVP;unicast;client_port=4000-4010'],
    ['a range backwards', 'RTP/AVP;unicast;client_port=4001-4000'],
    ['no number', 'RTP/AVP;unicast;client_port=x'],
  ])('%s announces nothing', (_, transport) => {
    const bench = new HelperBench(rtspHelper(), { port: 554 });
    expect(bench.client(setup(transport))).toBe(setup(transport));
    expect(bench.expected).toEqual([]);
  });

  test('a message of another kind announces nothing', () => {
    const bench = new HelperBench(rtspHelper(), { port: 554 });
    bench.client(setup(CLIENT).replace('SETUP', 'OPTIONS'));
    bench.server(setup(CLIENT));
    expect(bench.expected).toEqual([]);
  });
});
