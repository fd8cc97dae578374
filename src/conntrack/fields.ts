// From plain fields back to tuples: what comes from a person, a state file or another firewall.

import { parseIPv4, parseIPv6, put32 } from '../bytes/index.ts';
import { IPPROTO_ICMP, IPPROTO_ICMPV6 } from '../uapi/index.ts';
import { NF_CT_DEFAULT_ZONE_DIR, NFPROTO_IPV4, NFPROTO_IPV6 } from './constants.ts';
import type { TupleFields } from './entry.ts';
import type { Store } from './store.ts';
import type { Tuple } from './tuple.ts';
import { createTuple, invertTuple, T_DST, T_PORTS, T_PROTO, T_SRC, takeAddress } from './tuple.ts';
import { tupleFields } from './view.ts';
import { makeZone } from './zone.ts';

/** @throws RangeError when an address is none of its family */
export function tupleOf(family: 'ip' | 'ip6', protocol: number, fields: TupleFields): Tuple {
  const tuple = createTuple();
  tuple[T_PROTO] = (family === 'ip' ? NFPROTO_IPV4 : NFPROTO_IPV6) | (protocol << 8);
  takeAddress(tuple, T_SRC, addressBytes(family, fields.src));
  takeAddress(tuple, T_DST, addressBytes(family, fields.dst));
  const icmp = protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6;
  const low = icmp ? ((fields.type ?? 0) << 8) | (fields.code ?? 0) : (fields.dport ?? 0);
  const high = icmp ? (fields.id ?? 0) : (fields.sport ?? 0);
  tuple[T_PORTS] = (high << 16) | low;
  return tuple;
}

/** The other direction of a flow that nothing translates; undefined for an ICMP message without answer. */
export function invertFields(
  family: 'ip' | 'ip6',
  protocol: number,
  fields: TupleFields,
): TupleFields | undefined {
  const inverted = createTuple();
  const answers = invertTuple(tupleOf(family, protocol, fields), inverted);
  return answers ? tupleFields(inverted) : undefined;
}

function addressBytes(family: 'ip' | 'ip6', text: string): Uint8Array {
  if (family === 'ip6') {
    const bytes = parseIPv6(text);
    if (bytes !== undefined) return bytes;
  } else {
    const value = parseIPv4(text);
    const bytes = new Uint8Array(4);
    if (value !== undefined) {
      put32(bytes, 0, value);
      return bytes;
    }
  }
  throw new RangeError(`'${text}' is no address of family ${family}`);
}

/** Slot of the live entry with this original tuple, or 0. */
export function slotOfTuple(
  store: Store,
  family: 'ip' | 'ip6',
  protocol: number,
  original: TupleFields,
  zone: number,
): number {
  const tuple = tupleOf(family, protocol, original);
  return store.find(tuple, makeZone(zone, NF_CT_DEFAULT_ZONE_DIR)) >>> 1;
}
