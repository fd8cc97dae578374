// Fields of extension headers and options, by where a load reads.

import {
  type Exthdr,
  exthdrByType,
  type Field,
  IP_OPTIONS,
  IPV6_EXTHDRS,
  SCTP_CHUNKS,
  TCP_OPTIONS,
} from '../types/index.ts';
import { type ExthdrOperand, lowestBit, runEnd, type ValueOperand } from './operand.ts';
import { hasPrefixes } from './operand-type.ts';

const EXTHDRS: Readonly<Record<ExthdrOperand['op'], ReadonlyMap<string, Exthdr>>> = {
  ipv6: IPV6_EXTHDRS,
  tcpopt: TCP_OPTIONS,
  ipv4: IP_OPTIONS,
  sctp: SCTP_CHUNKS,
  dccp: new Map(),
};

/** Routing headers share places: nft reads the segment routing header there first. */
const routingRank = (header: Exthdr): number => (header.name === 'srh' ? 0 : 1);

/** Finds the header by its type and the field by its place; several headers share a type. */
export function completeExthdr(o: ExthdrOperand): void {
  const headers = [...EXTHDRS[o.op].values()].filter((header) => header.type === o.type);
  headers.sort((a, b) => routingRank(a) - routingRank(b));
  const fallback = exthdrByType(EXTHDRS[o.op], o.type);
  if (fallback !== undefined) o.header = fallback;
  if (o.present) return;
  const fits = [
    (field: Field) => field.len === o.bits,
    // Fewer bytes than an address has: a prefix of it is compared.
    (field: Field) => field.len > o.bits && hasPrefixes(field.type),
  ];
  for (const suits of fits) {
    for (const header of headers) {
      const field = header.fields.find((f) => f.offset === o.offset && suits(f));
      if (field === undefined) continue;
      o.header = header;
      o.field = field;
      return;
    }
  }
}

/** A field of an extension header by the run of its mask; gives the shift of the values. */
export function trimExthdr(o: ExthdrOperand, mask: ValueOperand): number | undefined {
  const low = lowestBit(mask.value);
  if (o.present || low < 0 || o.field !== undefined) return undefined;
  const offset = o.offset + Math.ceil(mask.bits / 8) * 8 - runEnd(mask.value);
  const len = runEnd(mask.value) - low;
  for (const header of EXTHDRS[o.op].values()) {
    if (header.type !== o.type) continue;
    const field = header.fields.find((f) => f.offset === offset && f.len === len);
    if (field === undefined) continue;
    o.offset = offset;
    o.bits = len;
    o.header = header;
    o.field = field;
    return low;
  }
  return undefined;
}
