import { LinkType } from '../capture/index.ts';
import { printPacket } from '../packet/index.ts';

/** LINKTYPE_ for a packet that begins at its network header. */
function linkTypeOf(protocol: number): number {
  if (protocol === 0x0800) return LinkType.ipv4;
  return protocol === 0x86dd ? LinkType.ipv6 : LinkType.ethernet;
}

/** A frame around a packet that has no link type of its own, such as ARP. */
function framed(bytes: Uint8Array, protocol: number): Uint8Array {
  const frame = new Uint8Array(14 + bytes.length);
  frame[12] = protocol >>> 8;
  frame[13] = protocol;
  frame.set(bytes, 14);
  return frame;
}

/** Index behind the parenthesis that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i + 1;
  }
  return text.length;
}

/** Of the IP header's details only that a packet is a fragment matters at first sight. */
function withoutHeader(text: string): string {
  const [head = '', name = ''] = /^(IP6?) \(/.exec(text) ?? [];
  if (head === '') return text;
  const end = closing(text, head.length - 1);
  const details = text.slice(head.length, end);
  const fragment = /offset (\d+), flags \[([^\]]*)\]/.exec(details);
  const isPart = fragment !== null && (fragment[1] !== '0' || (fragment[2] ?? '').includes('+'));
  const part = isPart ? ` (fragment at ${fragment[1]})` : '';
  return `${name}${part} ${text.slice(end).trim()}`;
}

/**
 * One line about a packet from its network header on: what tcpdump says, without the details of the
 * IP header, TCP options, and checksums that are right.
 */
export function describePacket(bytes: Uint8Array, protocol: number): string {
  const linkType = linkTypeOf(protocol);
  const isIp = linkType !== LinkType.ethernet;
  const text = printPacket(isIp ? bytes : framed(bytes, protocol), linkType);
  return withoutHeader(text)
    .replace(/ cksum 0x[0-9a-f]{4} \(correct\),?/, '')
    .replace(/\[(?:udp|icmp6?|igmp) (?:sum|cksum) ok\] ?/, '')
    .replace(/ options \[[^\]]*\],/, '')
    .replace(/ IP6? \(.*$/s, '') // the packet that an ICMP error quotes
    .replaceAll(/\s+/g, ' ')
    .trim();
}
