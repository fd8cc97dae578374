/*
 * UTF-8 in plain ECMAScript, because TextEncoder belongs to the host. Both directions are tolerant:
 * what cannot be said becomes U+FFFD, exactly where the WHATWG Encoding standard puts it.
 */

const REPLACEMENT = 0xfffd;

function pushCodePoint(out: number[], code: number): void {
  if (code < 0x80) out.push(code);
  else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
  else if (code < 0x10000) {
    out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  } else {
    out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f));
    out.push(0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
}

/** The UTF-8 bytes of `text`; a lone surrogate becomes U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    pushCodePoint(out, code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code);
  }
  return Uint8Array.from(out);
}

/** How many continuation bytes a lead byte asks for; -1 where it can lead nothing. */
function continuations(lead: number): number {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return -1;
}

/**
 * Whether the byte after `lead` may follow it: rules out overlong forms, surrogates and code points
 * past U+10FFFF (Unicode table 3-7, "Well-Formed UTF-8 Byte Sequences").
 */
function maySecond(lead: number, byte: number): boolean {
  if (lead === 0xe0) return byte >= 0xa0 && byte <= 0xbf;
  if (lead === 0xed) return byte >= 0x80 && byte <= 0x9f;
  if (lead === 0xf0) return byte >= 0x90 && byte <= 0xbf;
  if (lead === 0xf4) return byte >= 0x80 && byte <= 0x8f;
  return byte >= 0x80 && byte <= 0xbf;
}

/** How many bytes after the lead at `at` are acceptable, at most `wanted`. */
function acceptable(bytes: Uint8Array, at: number, wanted: number): number {
  if (wanted < 1 || !maySecond(bytes[at]!, bytes[at + 1] ?? 0)) return 0;
  let taken = 1;
  while (taken < wanted && ((bytes[at + taken + 1] ?? 0) & 0xc0) === 0x80) taken++;
  return taken;
}

function codePoint(bytes: Uint8Array, at: number, wanted: number): number {
  let code = wanted === 0 ? bytes[at]! : bytes[at]! & (0x3f >> wanted);
  for (let i = 1; i <= wanted; i++) code = (code << 6) | (bytes[at + i]! & 0x3f);
  return code;
}

/**
 * The text of UTF-8 bytes; each maximal ill-formed part becomes one U+FFFD. A byte order mark is
 * kept.
 */
export function utf8Decode(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const wanted = continuations(bytes[at]!);
    const taken = acceptable(bytes, at, wanted);
    parts.push(String.fromCodePoint(taken === wanted ? codePoint(bytes, at, wanted) : REPLACEMENT));
    at += 1 + taken;
  }
  return parts.join('');
}
