const OCTET = /^(?:0|[1-9]\d{0,2})$/;

/**
 * The address as a number (10.0.0.1 is 0x0a000001), or undefined. Accepts what inet_pton(3)
 * accepts: four decimal octets and no leading zeros, which other functions read as octal.
 */
export function parseIPv4(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let address = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    address = (address << 8) | Number(octet);
  }
  return address >>> 0;
}

/** Dotted decimal; only the low 32 bits of `address` count, signed or not. */
export const formatIPv4 = (address: number): string =>
  `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
