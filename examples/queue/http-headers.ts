// What a browser says of itself, and a server of itself, as short as possible. The lines become shorter,
// they may be cut anywhere between packets, and neither end notices: sequence numbers and
// acknowledgements are moved for as long as the connection lives.
//
//   sluice queue examples/queue/http-headers.ts
//   curl -v http://example.com/

import { rewriteStream } from 'sluice/queue';

export default rewriteStream({
  match: 'meta l4proto tcp ct original proto-dst 80',
  toServer: [[/^User-Agent: [^\r]*/im, 'User-Agent: sluice']],
  toClient: [
    [/^Server: [^\r]*/im, 'Server: somebody'],
    [/^X-Powered-By: [^\r]*\r\n/im, ''],
  ],
});
