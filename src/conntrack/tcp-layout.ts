// Where the TCP tracker keeps struct ip_ct_tcp in a row: word offsets from W_L4. Pairs belong to the
// two directions.

/** First for every protocol that has states. */
export const L_STATE = 0;
export const L_TD_END = 1;
export const L_TD_MAXEND = 3;
export const L_TD_MAXWIN = 5;
export const L_TD_MAXACK = 7;
/** td_scale of both directions, a byte each. */
export const L_SCALES = 9;
/** IP_CT_TCP_FLAG_* of both directions, a byte each. */
export const L_FLAGS = 10;
/** last_index | last_dir << 8 | retrans << 16 | last_wscale << 24. */
export const L_LAST = 11;
export const L_LAST_SEQ = 12;
export const L_LAST_ACK = 13;
export const L_LAST_END = 14;
/** last_win | last_flags << 16. */
export const L_LAST_WIN = 15;

export const lastIndex = (row: Int32Array, at: number): number => row[at + L_LAST]! & 0xff;
export const lastDir = (row: Int32Array, at: number): number => (row[at + L_LAST]! >>> 8) & 0xff;
export const retrans = (row: Int32Array, at: number): number => (row[at + L_LAST]! >>> 16) & 0xff;
export const lastScale = (row: Int32Array, at: number): number => row[at + L_LAST]! >>> 24;
export const lastFlags = (row: Int32Array, at: number): number =>
  (row[at + L_LAST_WIN]! >>> 16) & 0xff;

export function setLast(row: Int32Array, at: number, kind: number, dir: number): void {
  row[at + L_LAST] = (row[at + L_LAST]! & ~0xffff) | kind | (dir << 8);
}

export function setLastFlags(row: Int32Array, at: number, flags: number): void {
  row[at + L_LAST_WIN] = (row[at + L_LAST_WIN]! & 0xffff) | ((flags & 0xff) << 16);
}
