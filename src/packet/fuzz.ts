import { hexdump } from '../bytes/index.ts';
import { fixChecksums, verifyChecksums } from './checksums.ts';
import { dissect } from './dissect.ts';
import { networkPayload } from './link.ts';
import { isMalformed } from './malformed.ts';
import { notationOf } from './notation/print.ts';
import { printPacket } from './print/packet.ts';
import { findTransport, skipAh, transportPlace } from './transport.ts';

/**
 * Everything this room does with bytes that it was given: for fuzzers, which only want to know that
 * it returns. The bytes are not changed.
 */
export function exercisePacket(bytes: Uint8Array, linkType: number): void {
  dissect(bytes, linkType);
  printPacket(bytes, linkType, { link: true, verbosity: 2 });
  notationOf(bytes, { linkType });
  notationOf(bytes, { linkType, exact: true });
  hexdump(bytes);
  const link = networkPayload(bytes, linkType);
  if (isMalformed(link)) return;
  verifyChecksums(bytes, link.offset);
  const place = transportPlace();
  if (findTransport(bytes, link.offset, bytes.length, place)) skipAh(bytes, place);
  fixChecksums(bytes.slice(), link.offset);
}
