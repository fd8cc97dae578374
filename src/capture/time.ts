// Timestamps are ticks of 10^-n or 2^-n seconds in 64 bits (pcapng §4.2, if_tsresol). Microseconds
// and nanoseconds, which every real file uses, are converted with plain numbers; finer or coarser
// binary clocks take BigInt, off the usual path.

const TWO32 = 4294967296;
const NS = 1_000_000_000;

/** Receives a conversion; one object is reused so that a packet costs no allocation. */
export interface Timestamp {
  seconds: number;
  nanoseconds: number;
}

/** Ticks per second if they are 10^0 to 10^9, else 0: those convert without BigInt. */
const decimalTicks = (tsResol: number): number => (tsResol <= 9 ? 10 ** tsResol : 0);

const exactTicks = (tsResol: number): bigint =>
  tsResol & 0x80 ? 1n << BigInt(tsResol & 0x7f) : 10n ** BigInt(tsResol);

/** Quotient and remainder of (high:low) / d in 16-bit digits; exact for d up to 2^37. */
function divide(high: number, low: number, d: number, out: Timestamp): void {
  let quotient = 0;
  let rest = 0;
  for (let i = 0; i < 4; i++) {
    const word = i < 2 ? high : low;
    rest = rest * 65536 + (i & 1 ? word & 0xffff : word >>> 16);
    const q = Math.floor(rest / d);
    quotient = quotient * 65536 + q;
    rest -= q * d;
  }
  out.seconds = quotient;
  out.nanoseconds = rest;
}

/** Turns 64-bit ticks into seconds and nanoseconds, rounding down. */
export function fromTicks(high: number, low: number, tsResol: number, out: Timestamp): void {
  const d = decimalTicks(tsResol);
  if (d === 0) fromOddTicks(high, low, tsResol, out);
  else fromDecimalTicks(high, low, d, out);
}

function fromDecimalTicks(high: number, low: number, d: number, out: Timestamp): void {
  if (high < 0x200000) {
    const ticks = high * TWO32 + low; // below 2^53: exact
    let seconds = Math.floor(ticks / d);
    if (seconds * d > ticks) seconds--; // the quotient was rounded up to a whole
    out.seconds = seconds;
    out.nanoseconds = ticks - seconds * d;
  } else divide(high, low, d, out);
  out.nanoseconds *= NS / d;
}

function fromOddTicks(high: number, low: number, tsResol: number, out: Timestamp): void {
  const d = exactTicks(tsResol);
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  out.seconds = Number(ticks / d);
  out.nanoseconds = Number(((ticks % d) * 1_000_000_000n) / d);
}

/** Ticks as [high, low], rounded down; binary clocks to the nearest, so that `fromTicks` inverts. */
export function toTicks(seconds: number, nanoseconds: number, tsResol: number): [number, number] {
  const d = decimalTicks(tsResol);
  if (d === 0 || seconds < 0) return toOddTicks(seconds, nanoseconds, tsResol);
  // seconds * d in two halves of 17 bits keeps every product below 2^53.
  const upper = Math.floor(seconds / 131072) * d;
  const lower = (seconds % 131072) * d + Math.floor(nanoseconds / (NS / d));
  const sum = (upper % 32768) * 131072 + lower;
  return [(Math.floor(upper / 32768) + Math.floor(sum / TWO32)) >>> 0, (sum % TWO32) >>> 0];
}

function toOddTicks(seconds: number, nanoseconds: number, tsResol: number): [number, number] {
  const d = exactTicks(tsResol);
  const total = (BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)) * d;
  const half = tsResol & 0x80 ? 500_000_000n : 0n;
  const ticks = BigInt.asUintN(64, (total + half) / 1_000_000_000n);
  return [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
}
