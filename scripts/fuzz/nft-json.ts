// The JSON reader: no text may make it throw, and what it understands it must write so that it
// understands it again.

import type { Random } from '../../src/core/index.ts';
import { parse } from '../../src/nft/1-parse/index.ts';
import { formatDiagnostic } from '../../src/nft/diagnostics/index.ts';
import { commandsJson, parseJson, stringifyJson } from '../../src/nft/json/index.ts';
import { ruleset } from './nft-language.ts';
import type { FuzzTarget } from './target.ts';

const VALUES = ['null', 'true', '0', '-1', '1.5', '1e9', '""', '"@"', '"*"', '[]', '{}', '[[]]'];

/** Values exchanged for others, members dropped or renamed, signs put in or taken out. */
function damage(random: Random, text: string): string {
  let out = text;
  for (let n = random.below(5); n > 0; n--) {
    const at = random.below(out.length + 1);
    const rest = out.slice(at);
    switch (random.below(4)) {
      case 0:
        out = out.slice(0, at) + rest.replace(/"[^"]*"|\d+|null/, VALUES[random.below(12)]!);
        break;
      case 1:
        out = out.slice(0, at) + rest.replace(/"[^"]*": /, '');
        break;
      case 2:
        out = out.slice(0, at) + rest.replace(/"([^"]*)": /, '"$1x": ');
        break;
      default:
        out = out.slice(0, at) + '{}[],:"\\ '.charAt(random.below(9)) + rest.slice(random.below(2));
    }
  }
  return out;
}

function generate(random: Random): string {
  const text = stringifyJson(commandsJson(parse(ruleset(random)).commands));
  return random.below(8) === 0 ? text : damage(random, text);
}

export const target: FuzzTarget<string> = {
  name: 'nft-json',
  generate,
  run: (text) => {
    const { commands, diagnostics, sources } = parseJson(text);
    for (const diagnostic of diagnostics) formatDiagnostic(diagnostic, sources);
    const first = stringifyJson(commandsJson(commands));
    const back = parseJson(first);
    const [error] = back.diagnostics;
    if (error !== undefined) throw new Error(`${formatDiagnostic(error, back.sources)}\n${first}`);
    const second = stringifyJson(commandsJson(back.commands));
    if (second !== first) throw new Error(`JSON changes on its way:\n${first}\n${second}`);
  },
  show: (text) => text,
};
