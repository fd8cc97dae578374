// Extension headers of IPv6, and the matches of ip6tables that read them.

import { put16 } from '../../../src/bytes/index.ts';
import type { Case } from '../case.ts';
import { packetOf } from '../frames.ts';
import { at, HOSTS, lan } from './words.ts';
import { counting } from './xt-words.ts';

const V6 = HOSTS.ip6;

/** An IPv6 packet with extension headers in front of an UDP datagram. */
function extended(headers: readonly (readonly [number: number, bytes: string])[]): Uint8Array {
  const udp = packetOf(`udp ${at(V6.client, 1)} > ${at(V6.server, 2)} len 8`);
  const parts = headers.map(([, bytes], i) => {
    const next = headers[i + 1]?.[0] ?? 17;
    return Uint8Array.from([
      next,
      ...(bytes.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)),
    ]);
  });
  const extra = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(udp.length + extra);
  out.set(udp.subarray(0, 40));
  let offset = 40;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  out.set(udp.subarray(40), offset);
  out[6] = headers[0]?.[0] ?? 17;
  put16(out, 4, out.length - 40);
  return out;
}

const ADDRESS1 = '20010db8000000000000000000000011';
const ADDRESS2 = '20010db8000000000000000000000022';

const EXTENDED: readonly Uint8Array[] = [
  extended([]),
  extended([[0, '00050200000100']]),
  extended([[0, '00010401020304']]),
  extended([[60, '00010401020304']]),
  extended([[60, '00c90101010100']]),
  extended([
    [0, '00010401020304'],
    [60, '00010401020304'],
  ]),
  extended([[43, `04000200000000${ADDRESS1}${ADDRESS2}`]]),
  extended([[43, `02040100000007${ADDRESS1}`]]),
  extended([[43, `04040101000007${ADDRESS1}${ADDRESS2}`]]),
  extended([[43, `04040001000008${ADDRESS1}${ADDRESS2}`]]),
  extended([[51, '04000000000005000000010011223344556677889900aa']]),
  extended([[0, '01010401020304']]),
  extended([[60, '09010401020304']]),
];

const extensionRules = [
  '-m hbh',
  '-m hbh --hbh-len 8',
  '-m hbh ! --hbh-len 8',
  '-m hbh --hbh-opts 5:2',
  '-m hbh --hbh-opts 1',
  '-m hbh --hbh-opts 5:3',
  '-m dst --dst-opts 1:4',
  '-m dst --dst-len 8 --dst-opts 201:1,1',
  '-m rt',
  '-m rt --rt-type 0',
  '-m rt ! --rt-type 0 --rt-segsleft 1:',
  '-m rt --rt-len 40',
  '-m rt --rt-type 0 --rt-0-res',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::11,2001:db8::22',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::22 --rt-0-not-strict',
  '-m rt --rt-type 0 --rt-0-addrs 2001:db8::22',
  '-m ah --ahspi 5',
  '-m ah --ahlen 24 --ahres',
  '-m ah ! --ahlen 24',
  '-m srh',
  '-m srh --srh-next-hdr 17 --srh-segs-left-eq 1',
  '-m srh ! --srh-hdr-len-eq 4',
  '-m srh --srh-last-entry-gt 0',
  '-m srh --srh-tag 7',
  '-m srh --srh-psid 2001:db8::22',
  '-m srh --srh-nsid 2001:db8::11/120',
  '-m srh ! --srh-lsid 2001:db8::11',
  '-m ipv6header --header hop-by-hop',
  '-m ipv6header --header hop-by-hop,protocol',
  '-m ipv6header --header route --soft',
  '-m ipv6header ! --header dst,hop --soft',
  '-m ipv6header ! --header protocol',
  '-m frag',
  '-m eui64',
];

export const extensions = (sized: (packet: Uint8Array, length: number) => Uint8Array): Case[] => [
  {
    name: 'xt: extension headers of IPv6',
    xtables: { ip6tables: counting(extensionRules) },
    steps: EXTENDED.flatMap((packet) => [
      { on: 'eth0', packet },
      { on: 'eth0', packet: sized(packet, packet.length - 18) },
    ]),
    fresh: true,
  },
  {
    name: 'xt: mobility headers',
    xtables: {
      ip6tables: counting(['-p mh --mh-type 1:3', '-p mh ! --mh-type bu', '-p mh -m mh']),
    },
    steps: [
      '3b000000000000000',
      '3b00010000000000',
      '3b00030000000000',
      '3b00050000000000',
      '1100050000000000',
      '3b0005',
    ].map((data) =>
      lan(
        `ip6 ${V6.client} > ${V6.server} proto 135 hex ${data.slice(0, data.length - (data.length % 2))}`,
      ),
    ),
    fresh: true,
  },
];
