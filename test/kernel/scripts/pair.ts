// Scripts of commands in a namespace of their own, answered by the programs of the machine, and the same ones by
// sluice over a state file of its own.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../src/cli/run.ts';
import { testHost } from '../../../src/cli/test-host.ts';
import { shellWords } from '../../shell-words.ts';

export interface Answer {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Script {
  readonly name: string;
  readonly lines: readonly string[];
}

/** `## name`, and below it a command a line. */
export function scriptsOf(tool: string): Script[] {
  const text = readFileSync(new URL(`${tool}.txt`, import.meta.url), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((block) => {
      const [name = '', ...lines] = block.split('\n').filter((line) => line.trim() !== '');
      return { name, lines };
    });
}

/** Which of the two iptables. */
export type Variant = 'nft' | 'legacy';

const TOOL = /^(ip6?tables|arptables|ebtables)(?=$|-(?:save|restore)$)/;

/** The command and, behind `<<<`, what it reads: `\n` ends a line. */
function parted(line: string): { words: string[]; input: string } {
  const [command = '', input = ''] = line.split(' <<< ');
  return { words: shellWords(command), input: input.replaceAll('\\n', '\n') };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const END = '~~~~';

function shellLine(line: string, variant: Variant): string {
  const { words, input } = parted(line);
  const [program = '', ...rest] = words;
  const command = [program.replace(TOOL, `$1-${variant}`), ...rest].map(quoted).join(' ');
  return `printf %s ${quoted(input)} | ${command} 2>"$E"; echo "${END}$?"; cat "$E"; echo "${END}"\n`;
}

/** What the machine's programs answer, each script in a namespace that ends with it. */
export function real(lines: readonly string[], variant: Variant): Answer[] {
  const script = `E=$(mktemp)\n${lines.map((line) => shellLine(line, variant)).join('')}rm "$E"\n`;
  const { stdout } = spawnSync('unshare', ['-n', 'bash'], { input: script, encoding: 'utf8' });
  const parts = stdout.split(`${END}`);
  return lines.map((_, i) => {
    const [status = '', ...err] = (parts[2 * i + 1] ?? '').split('\n');
    const out = (parts[2 * i] ?? '').replace(/^\n/, '');
    return { status: Number(status), out, err: err.join('\n') };
  });
}

/** What sluice answers. */
export async function ours(lines: readonly string[]): Promise<Answer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-script-'));
  const env = { SLUICE_STATE: join(folder, 'state.json') };
  const answers: Answer[] = [];
  for (const line of lines) {
    const { words, input } = parted(line);
    const host = testHost({ env, input });
    const status = await run(words, host);
    answers.push({ status, out: host.stdout(), err: host.stderr() });
  }
  rmSync(folder, { recursive: true });
  return answers;
}
