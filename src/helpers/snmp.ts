// Addresses in SNMP (net/ipv4/netfilter/nf_nat_snmp_basic_main.c and its grammar; RFC 1157, RFC 3416):
// values of type IpAddress that are the translated end become what the other side knows it by.

import { u16, u32 } from '../bytes/index.ts';
import { T_DST, T_SRC } from '../conntrack/index.ts';
import type { Verdict } from '../core/index.ts';
import { ACCEPT } from '../core/index.ts';
import type { HelperContext } from './context.ts';

const SNMP_PORT = 161;
const SNMP_TRAP_PORT = 162;

const INTEGER = 0x02;
const OCTET_STRING = 0x04;
const NULL = 0x05;
const OBJECT_ID = 0x06;
const SEQUENCE = 0x30;
/** [APPLICATION 0] IMPLICIT OCTET STRING */
const IP_ADDRESS = 0x40;
/** Requests, the response, and traps of SNMPv2; those of version 1 are not in the grammar. */
const PDUS = [0xa0, 0xa1, 0xa2, 0xa3, 0xa5, 0xa6, 0xa7, 0xa8];
/** SimpleSyntax, ApplicationSyntax, and what is said instead of a value. */
const VALUES = [
  INTEGER,
  OCTET_STRING,
  OBJECT_ID,
  NULL,
  IP_ADDRESS,
  0x41,
  0x42,
  0x43,
  0x44,
  0x46,
  0x47,
  0x80,
  0x81,
  0x82,
];

interface Element {
  readonly tag: number;
  readonly at: number;
  readonly end: number;
}

/** Reads BER of definite lengths within bounds (X.690 §8.1); a fault ends it. */
class BerReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at === this.#end;
  }

  /** The next element if its tag is one of these, else null. */
  next(...tags: readonly number[]): Element | null {
    const tag = this.#bytes[this.#at];
    if (this.#at + 2 > this.#end || tag === undefined || !tags.includes(tag)) return null;
    let length = this.#bytes[this.#at + 1]!;
    let at = this.#at + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 3 || at + count > this.#end) return null;
      length = 0;
      for (let i = 0; i < count; i++) length = (length << 8) | this.#bytes[at + i]!;
      at += count;
    }
    if (at + length > this.#end) return null;
    this.#at = at + length;
    return { tag, at, end: this.#at };
  }

  inside({ at, end }: Element): BerReader {
    return new BerReader(this.#bytes, at, end);
  }
}

/** Offsets of all IpAddress values, or null for what is no message of version 1 or 2c. */
export function addressesIn(bytes: Uint8Array): number[] | null {
  const outer = new BerReader(bytes);
  const message = outer.next(SEQUENCE);
  if (message === null) return null;
  const fields = outer.inside(message);
  const version = fields.next(INTEGER);
  if (version === null || version.end - version.at !== 1 || bytes[version.at]! > 1) return null;
  if (fields.next(OCTET_STRING) === null) return null;
  const pdu = fields.next(...PDUS);
  return pdu === null || !fields.done ? null : bindings(fields.inside(pdu));
}

function bindings(pdu: BerReader): number[] | null {
  for (let i = 0; i < 3; i++) if (pdu.next(INTEGER) === null) return null;
  const list = pdu.next(SEQUENCE);
  if (list === null || !pdu.done) return null;
  const found: number[] = [];
  const items = pdu.inside(list);
  // The kernel's grammar wants one at least.
  if (items.done) return null;
  while (!items.done) {
    const binding = items.next(SEQUENCE);
    if (binding === null) return null;
    const parts = items.inside(binding);
    if (parts.next(OBJECT_ID) === null) return null;
    const value = parts.next(...VALUES);
    if (value === null || !parts.done) return null;
    if (value.tag !== IP_ADDRESS) continue;
    if (value.end - value.at !== 4) return null;
    found.push(value.at);
  }
  return found;
}

/** help() of nf_nat_snmp_basic: replies of agents and traps. */
export function translateSnmp(cx: HelperContext<unknown>): Verdict {
  const { packet, dir } = cx;
  const { buf, transport } = packet;
  if (u16(buf, transport) === SNMP_PORT && dir !== 1) return ACCEPT;
  if (u16(buf, transport + 2) === SNMP_TRAP_PORT && dir !== 0) return ACCEPT;
  if (u16(buf, transport + 4) !== packet.end - transport) return cx.drop('malformed packet');
  const [from, to] =
    dir === 0 ? [cx.own[T_SRC]!, cx.other[T_DST]!] : [cx.other[T_SRC]!, cx.own[T_DST]!];
  if (from === to) return ACCEPT;
  const { payload } = cx;
  const found = addressesIn(payload);
  if (found === null) return cx.drop('parser failed');
  const bytes = Uint8Array.of(to >>> 24, to >>> 16, to >>> 8, to);
  for (const at of found) {
    if ((u32(payload, at) | 0) !== from) continue;
    if (!cx.rewrite(at, 4, bytes)) return cx.drop('cannot mangle packet');
  }
  return ACCEPT;
}
