// A phone behind NAT says in SIP, and in the SDP inside it, where it wants to be called and heard: at an
// address that means nothing outside. This writes the one it has there, and back again, and corrects
// the length of the body.
//
//   sluice queue examples/queue/sip.ts 10.0.0.5 203.0.113.5

import { latin1, toLatin1 } from 'sluice/bytes';
import { defineHandler } from 'sluice/queue';

let inside = '';
let outside = '';

/** The address where it stands alone: 10.0.0.5 is no part of 110.0.0.50. */
const address = (text: string): RegExp =>
  new RegExp(`(?<![\\d.])${text.replaceAll('.', '\\.')}(?![\\d]|\\.\\d)`, 'g');

function rewrite(message: string, from: string, to: string): string {
  const [head = '', ...rest] = message.replace(address(from), to).split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const length = `$1${body.length}`;
  return `${head.replace(/^((?:Content-Length|l)\s*:\s*)\d+/im, length)}\r\n\r\n${body}`;
}

export default defineHandler({
  match: 'udp dport 5060',
  open({ args }) {
    [inside = '', outside = ''] = args;
    if (outside === '') throw new Error('give the address inside and the one outside');
  },
  handle(packet) {
    const message = latin1(packet.payload);
    const leaves = packet.source === inside || packet.source === outside;
    const [from, to] = leaves ? [inside, outside] : [outside, inside];
    if (message.includes('\r\n\r\n') && message.includes(from))
      packet.payload = toLatin1(rewrite(message, from, to));
  },
});
