// Command lines of conntrack(8), in the order of their files, each file over one table that begins
// empty: every line must succeed, or fail, as the real command does.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conntrack } from '../../../src/cli/commands/conntrack.ts';
import { testHost } from '../../../src/cli/test-host.ts';
import type { Report, Suite } from './suite.ts';

/** A part of a pipeline: a program and its words, as a shell would read them. */
type Part = Readonly<Record<string, string>>;

interface Step {
  readonly file: string;
  readonly line: number;
  readonly pipeline: readonly Part[];
  readonly exit0: boolean;
}

const FILE = 'conntrack-cli.jsonl';

const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** What stands between two of conntrack, such as sed: the system's own, or a line of the shell. */
function runOther(program: string, text: string, input: string): Outcome {
  const direct = spawnSync(program, wordsOf(text), { encoding: 'utf8', input });
  const done =
    direct.error === undefined
      ? direct
      : spawnSync('sh', ['-c', text], { encoding: 'utf8', input });
  return { status: done.status ?? 1, out: done.stdout ?? '', err: done.stderr ?? '' };
}

async function runPart(part: Part, input: string, state: string): Promise<Outcome> {
  const [[program = '', text = ''] = []] = Object.entries(part);
  if (program !== 'conntrack') return runOther(program, text, input);
  const host = testHost({ input, env: { SLUICE_STATE: state } });
  const status = await conntrack(wordsOf(text), host);
  return { status, out: host.stdout(), err: host.stderr() };
}

/** A pipeline ends as its last part does. */
async function runStep({ pipeline }: Step, state: string): Promise<Outcome> {
  let outcome: Outcome = { status: 0, out: '', err: '' };
  for (const part of pipeline) outcome = await runPart(part, outcome.out, state);
  return outcome;
}

async function score(steps: readonly Step[], folder: string, report: Report): Promise<void> {
  for (const step of steps) {
    const id = `${step.file}:${step.line}`;
    try {
      const { status, err } = await runStep(step, join(folder, `${step.file}.json`));
      if ((status === 0) === step.exit0) report.pass('exit', id);
      else report.fail('exit', id, `exit ${status}: ${err.trim()}`);
    } catch (error) {
      report.fail('exit', id, `threw ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export const conntrackCli: Suite = {
  name: 'conntrack-cli',
  checks: ['exit'],
  reads: FILE,
  async run(dir, report) {
    const lines = readFileSync(join(dir, FILE), 'utf8').split('\n');
    const steps = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Step);
    const folder = mkdtempSync(join(tmpdir(), 'sluice-conntrack-'));
    try {
      await score(steps, folder, report);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
