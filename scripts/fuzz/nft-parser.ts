// The nft parser: no text may make it throw, and what it understands it must be able to say again
// in JSON and understand there.

import type { Random } from '../../src/core/index.ts';
import { memoryLoader, parse } from '../../src/nft/1-parse/index.ts';
import type { Command } from '../../src/nft/ast/index.ts';
import { formatDiagnostic } from '../../src/nft/diagnostics/index.ts';
import { commandsJson, parseJson, stringifyJson } from '../../src/nft/json/index.ts';
import { damage, ruleset } from './nft-language.ts';
import type { FuzzTarget } from './target.ts';

interface Input {
  readonly text: string;
  /** Made from the grammar and not damaged: must be understood. */
  readonly sound: boolean;
}

const LOADER = memoryLoader({ a: 'include "a"\n', b: 'accept' });

function generate(random: Random): Input {
  const text = ruleset(random);
  const sound = random.below(4) === 0;
  return { text: sound ? text : damage(random, text), sound };
}

/** Commands that libnftables has JSON for: it ignores the handle after which a rule is added. */
function hasJson(command: Command): boolean {
  if (command.kind === 'describe' || command.kind === 'monitor') return false;
  const object = command.kind === 'add' ? command.object : undefined;
  return object?.kind !== 'rule' || object.position?.by !== 'handle';
}

function throughJson(commands: readonly Command[]): void {
  const first = stringifyJson(commandsJson(commands));
  const back = parseJson(first);
  const [error] = back.diagnostics;
  if (error !== undefined) throw new Error(`${formatDiagnostic(error, back.sources)}\n${first}`);
  const second = stringifyJson(commandsJson(back.commands));
  if (second !== first) throw new Error(`JSON changes on its way:\n${first}\n${second}`);
}

export const target: FuzzTarget<Input> = {
  name: 'nft-parser',
  generate,
  run: ({ text, sound }) => {
    const { commands, diagnostics, sources } = parse(text, { loader: LOADER, searchPath: ['.'] });
    const shown = diagnostics.map((d) => formatDiagnostic(d, sources));
    if (sound && shown.length > 0) throw new Error(`refused: ${shown[0]}`);
    for (const { span } of diagnostics) {
      const length = sources[span.source]?.text.length ?? 0;
      if (span.start > span.end || span.end > length) throw new Error('a span outside the text');
    }
    // What an error left of a block may lack what JSON demands.
    if (shown.length === 0) throughJson(commands.filter(hasJson));
  },
  show: ({ text }) => text,
};
