import { refuse } from '../errno.ts';
import type { Prepare } from '../op.ts';
import { wordsIn } from '../registers.ts';

/** nft_parse_register_load(): a rule may read only registers that it has written before. */
export function requireSet(cx: Prepare, word: number, bytes: number): void {
  const missing = cx.endian.unset(word, wordsIn(bytes));
  if (missing >= 0) refuse('ENODATA', `register word ${missing} is read before it is written`);
}
