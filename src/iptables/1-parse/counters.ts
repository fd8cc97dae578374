// Counters behind `-c` or `--set-counters`.

import type { Counters, PlainOption } from '../ast/index.ts';
import { spanOf } from '../ast/index.ts';
import * as say from '../diagnostics/index.ts';

/** @throws BadLine */
export function countersOf({ option, values }: PlainOption, source: number): Counters {
  const words = values.flatMap(({ text }) => text.split(','));
  const [packets = '', bytes] = words;
  if (bytes === undefined)
    say.bad(say.badValue(spanOf(source, option), '-c requires packet and byte counter'));
  if (!/^\d+$/.test(packets))
    say.bad(say.badValue(spanOf(source, values[0]!), '-c packet counter not numeric'));
  if (!/^\d+$/.test(bytes))
    say.bad(say.badValue(spanOf(source, values.at(-1)!), '-c byte counter not numeric'));
  return { packets: Number(packets), bytes: Number(bytes) };
}
