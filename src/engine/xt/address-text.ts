// Addresses as a trace shows them.

import { formatIPv4, formatIPv6, u32 } from '../../bytes/index.ts';

export const addressText = (bytes: Uint8Array, at: number, length: number): string =>
  length === 4 ? formatIPv4(u32(bytes, at)) : formatIPv6(bytes, at);
