// SIP messages the cases are made of: Alice at her address, and Bob.

import type { L3 } from './words.ts';
import { at } from './words.ts';

export const PUBLIC = { ip: '192.0.2.9', ip6: '2001:db8:1::9' } as const;

export const uri = (address: string, port?: number): string =>
  `${address.includes(':') ? `[${address}]` : address}${port === undefined ? '' : `:${port}`}`;

/** Lines of a message, with the length of its body. */
export const message = (lines: readonly string[], body: readonly string[] = []): string => {
  const content = body.map((line) => `${line}\r\n`).join('');
  return [...lines, `Content-Length: ${content.length}`, '', content].join('\r\n');
};

export const description = (
  l3: L3,
  address: string,
  ports: readonly (readonly [string, number])[],
): string[] => [
  'v=0',
  `o=alice 1 1 IN ${l3 === 'ip' ? 'IP4' : 'IP6'} ${address}`,
  's=-',
  `c=IN ${l3 === 'ip' ? 'IP4' : 'IP6'} ${address}`,
  't=0 0',
  ...ports.flatMap(([type, port]) => [`m=${type} ${port} RTP/AVP 0`, 'a=sendrecv']),
];

export interface Party {
  readonly l3: L3;
  readonly from: string;
  readonly to: string;
}

export const invite = (
  { l3, from, to }: Party,
  ports: readonly (readonly [string, number])[],
): string =>
  message(
    [
      `INVITE sip:bob@${uri(to, 5060)} SIP/2.0`,
      `Via: SIP/2.0/UDP ${uri(from, 5060)};branch=z9hG4bK1;rport`,
      `From: "Alice" <sip:alice@${uri(from, 5060)}>;tag=1`,
      `To: <sip:bob@${uri(to)}>`,
      'Call-ID: 1@host',
      'CSeq: 2 INVITE',
      `Contact: <sip:alice@${uri(from, 5060)}>`,
      'Content-Type: application/sdp',
    ],
    description(l3, from, ports),
  );

/** The answer to alice's call, by bob, who knows her as `seen`. */
export const answer = (
  { l3, from, to }: Party,
  code: string,
  method: string,
  ports: readonly (readonly [string, number])[],
): string =>
  message(
    [
      `SIP/2.0 ${code}`,
      `Via: SIP/2.0/UDP ${uri(to, 5060)};branch=z9hG4bK1;rport=5060;received=${to}`,
      `From: "Alice" <sip:alice@${uri(to, 5060)}>;tag=1`,
      `To: <sip:bob@${uri(from)}>;tag=2`,
      'Call-ID: 1@host',
      `CSeq: 2 ${method}`,
      `Contact: <sip:bob@${uri(from, 5060)}>`,
      ...(ports.length === 0 ? [] : ['Content-Type: application/sdp']),
    ],
    ports.length === 0 ? [] : description(l3, from, ports),
  );

export const register = (
  from: string,
  to: string,
  contact: string,
  more: readonly string[] = ['Expires: 600'],
): string =>
  message([
    `REGISTER sip:${uri(to)} SIP/2.0`,
    `Via: SIP/2.0/UDP ${uri(from, 5060)};branch=z9hG4bK2`,
    `From: <sip:alice@${uri(to)}>;tag=1`,
    `To: <sip:alice@${uri(to)}>`,
    'Call-ID: 2@host',
    'CSeq: 7 REGISTER',
    `Contact: ${contact}`,
    ...more,
  ]);

export const registered = (
  to: string,
  code: string,
  contact: string,
  cseq = '7 REGISTER',
): string =>
  message([
    `SIP/2.0 ${code}`,
    `Via: SIP/2.0/UDP ${uri(to, 5060)};branch=z9hG4bK2`,
    'From: <sip:alice@x>;tag=1',
    'Call-ID: 2@host',
    `CSeq: ${cseq}`,
    `Contact: ${contact}`,
  ]);

export const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n');
export const says = (from: string, to: string, text: string, port = 5060): string =>
  `udp ${at(from, port)} > ${at(to, 5060)} data "${escaped(text)}"`;

export const contactOf = (address: string, port = 5060, more = ''): string =>
  `<sip:alice@${uri(address, port)}>${more}`;
