const MAC = /^[0-9a-fA-F]{1,2}([:-][0-9a-fA-F]{1,2}){5}$/;

/** The 6 bytes of `02:00:00:00:00:01`, also with `-` and with single digits, or undefined. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!MAC.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
}

/** Six lower-case hexadecimal octets joined by colons. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  const octets: string[] = [];
  for (let i = 0; i < 6; i++) octets.push((bytes[offset + i] ?? 0).toString(16).padStart(2, '0'));
  return octets.join(':');
}
