/** Why bytes are not the header they should be: a value, because bad packets are no exception. */
export interface Malformed {
  readonly malformed: true;
  /** The protocol that was expected: `ipv4`, `tcp`, … */
  readonly protocol: string;
  /** The field that is wrong, by its RFC name in camel case, or `header` where it is cut short. */
  readonly field: string;
  /** A sentence without a full stop: `20 bytes wanted, 12 there`. */
  readonly reason: string;
  /** Offset of the field from where the protocol's header begins. */
  readonly offset: number;
}

export const malformed = (
  protocol: string,
  field: string,
  reason: string,
  offset = 0,
): Malformed => ({ malformed: true, protocol, field, reason, offset });

/** The commonest kind: fewer bytes than the fixed header has. */
export const shortHeader = (protocol: string, wanted: number, there: number): Malformed =>
  malformed(protocol, 'header', `${wanted} bytes wanted, ${there} there`);

export const isMalformed = (value: unknown): value is Malformed =>
  typeof value === 'object' && value !== null && 'malformed' in value && value.malformed === true;

/** `ipv4 totalLength (byte 2): 12 is less than the header's 20` */
export const describeMalformed = (bad: Malformed): string =>
  `${bad.protocol} ${bad.field} (byte ${bad.offset}): ${bad.reason}`;
