// `sluice nfacct` beside nfacct(8): the same commands, one after another, give the same output, the same messages
// and the same exit status.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nfacct } from '../../src/cli/commands/nfacct.ts';
import { type Outcome, openPair, type Pair } from './conntrack/pair.ts';
import { missing } from './needs.ts';

const reason = missing();

/** Words are divided by `|`, and what stands behind `<` is read from standard input. */
const SCRIPT: readonly string[] = `
list
list|xml
list|json
list|reset|reset
list|foo
list|r|x
list|xml|json
list|json|x
add
add|a
add|a
add|b|byte
add|b|bytes|5
add|b|byte|5
add|c|packet|7x
add|d|packet|x
add|d|packet|1|2|3
add|d|foo|1|2
add|e|packet|0
add|f|byte|-1
add|g|byte|99999999999999999999999
add|
add|with space
add|0123456789012345678901234567890123456789
add|0123456789012345678901234567890
add|x;y
add|é
list
l|j
li|x
get
get|a
get|a|xml
get|a|json|x
get|a|x|json
get|nothere
get|b|foo
g|b|reset
get|0123456789012345678901234567890xyz|json
delete
delete|a|b
delete|nothere
del|a
d|b
flush|x
f
list
foo
version|x|y
restore<{ pkts = 1, bytes = 2 } = one;
restore|extra<{ pkts = 00000000000000000003, bytes = 4, quota = 5, mode = byte } = two;
restore<{pkts=5,bytes=6}=three;
restore<{ pkts = 3, bytes = 4 } = a b;
restore<{ pkts = 3 , bytes = 4 } = d;
restore<  { pkts = 3, bytes = 4 } = d;
restore<{ pkts = 5,\tbytes = -6 } = minus; trailing
restore<{ pkts = 3, bytes = 4 } = e;{ pkts = 3, bytes = 4 } = f;
restore<{ pkts = 0x10, bytes = 4 } = f;
restore<{ pkts = 3, bytes = 4 } = g;\n# x;\n{ pkts = 3, bytes = 4 } = h;
restore<{ pkts = 3, bytes = 4 } = i;\n\n{ pkts = 3, bytes = 4 } = j;
restore<{ pkts = 3, bytes = 4 } = one;\n{ pkts = 3, bytes = 4 } = k;
restore<{ pkts = 3, bytes = 4 } = l
restore<{ pkts = 99999999999999999999999999, bytes = 4 } = m;
restore<{ pkts = 3, bytes = 4 } n;
restore<{ pkts = 3, bytes = 4, quota = 5, mode = byte } = ;
restore<{ pkts = 3, bytes = 4, quota = 5, mode = any } = o;
restore<x
restore<x;
restore<
list
list|reset
list`
  .trim()
  .split('\n');

const plain = ({ status, out, err }: Outcome): Outcome => ({
  status,
  // Who wrote it and when.
  out: out.replace(/("timestamp" : )\d+/, '$1T').replace(/^(nfacct v.*\n)(Copyright[\s\S]*)/, '$1'),
  err,
});

describe.skipIf(reason !== undefined)(
  `nfacct and sluice nfacct${reason ? ` (${reason})` : ''}`,
  () => {
    let pair: Pair;
    beforeAll(() => {
      pair = openPair('slna', 'nfacct', nfacct);
    });
    afterAll(() => pair.close());

    test('a script of commands, each with the same answer', { timeout: 120_000 }, async () => {
      for (const line of SCRIPT) {
        const [call = '', input] = line.split('<');
        const words = call.split('|');
        const text = input && `${input.replaceAll('\\n', '\n').replaceAll('\\t', '\t')}\n`;
        expect({ line, ...plain(await pair.ours(words, text)) }).toEqual({
          line,
          ...plain(pair.real(words, text)),
        });
      }
    });

    test('a list with a quota can be restored, which the real one does not', async () => {
      const list =
        '{ pkts = 00000000000000000009, bytes = 00000000000000000004, quota = 00000000000000000005, mode = byte, overquota = no } = limited;\n';
      expect(pair.real(['restore'], list).status).toBe(1);
      expect((await pair.ours(['restore'], list)).status).toBe(0);
      expect((await pair.ours(['get', 'limited'])).out).toBe(list);
    });
  },
);
