const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal, two digits a byte, with `separator` between bytes. */
export function hex(bytes: Uint8Array, separator = ''): string {
  const pairs: string[] = [];
  for (const byte of bytes) pairs.push(PAIRS[byte]!);
  return pairs.join(separator);
}

/**
 * The bytes of hexadecimal text. White space and colons between bytes, and a leading `0x`, are
 * ignored.
 * @throws RangeError on an odd number of digits and on anything else.
 */
export function unhex(text: string): Uint8Array {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]+/g, '');
  const stray = digits.search(/[^0-9a-fA-F]/);
  if (stray >= 0) throw new RangeError(`not a hexadecimal digit: '${digits[stray]}'`);
  if (digits.length % 2 !== 0) throw new RangeError('odd number of hexadecimal digits');
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

const ROW = 16;
/** Eight groups of four digits and the seven spaces between. */
const HEX_COLUMN = 39;

/** As tcpdump does, a dot also for the space, so that columns can be counted. */
const printable = (byte: number): string =>
  byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';

function dumpRow(row: Uint8Array, offset: number): string {
  const groups: string[] = [];
  for (let i = 0; i < row.length; i += 2) groups.push(hex(row.subarray(i, i + 2)));
  const place = offset.toString(16).padStart(4, '0');
  return `0x${place}:  ${groups.join(' ').padEnd(HEX_COLUMN)}  ${Array.from(row, printable).join('')}`;
}

/**
 * Rows of sixteen bytes as `tcpdump -X` prints them, without its leading tab and without a last
 * newline: `0x0000:  4500 0054 …  E..T`. `offset` numbers the first byte.
 */
export function hexdump(bytes: Uint8Array, options: { readonly offset?: number } = {}): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    rows.push(dumpRow(bytes.subarray(at, at + ROW), at + (options.offset ?? 0)));
  }
  return rows.join('\n');
}

/** The low `bytes` bytes of a number, at most four of them, big endian. */
export function hexOfWord(word: number, bytes: number): string {
  let hex = '';
  for (let shift = bytes * 8 - 8; shift >= 0; shift -= 8) hex += PAIRS[(word >>> shift) & 0xff]!;
  return hex;
}
