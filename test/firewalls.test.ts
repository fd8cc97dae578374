// A line that nobody can read, in the midst of real firewalls: it is told with its place and the rest
// loads; a strict reader takes nothing.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadRuleset } from '../src/lab/index.ts';

const FOLDERS = ['./kernel/firewalls/', '../examples/firewalls/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

const FIREWALLS = FOLDERS.flatMap((folder) =>
  readdirSync(folder).map((name) => ({ name, folder: join(folder, name) })),
).filter(({ folder }) => existsSync(join(folder, 'rules.v4')));

const WRONG = [
  ['an option of nobody', '-A INPUT -p tcp --dprot 22 -j ACCEPT', '--dprot'],
  ['a port too high', '-A INPUT -p tcp -m tcp --dport 70000 -j ACCEPT', '70000'],
  ['a chain that is not there', '-A NOWHERE -j ACCEPT', 'NOWHERE'],
] as const;

function sourcesOf(folder: string, change = (text: string) => text) {
  const sets = join(folder, 'sets.ipset');
  return [
    ...(existsSync(sets) ? [{ name: 'sets.ipset', text: readFileSync(sets, 'utf8') }] : []),
    { name: 'rules.v4', text: change(readFileSync(join(folder, 'rules.v4'), 'utf8')) },
  ];
}

/** Behind the first rule of the filter table. */
function withLine(text: string, line: string): { readonly text: string; readonly place: number } {
  const lines = text.split('\n');
  const table = lines.indexOf('*filter');
  const at = lines.findIndex((one, i) => i > table && /^(\[.*\] )?-A /.test(one)) + 1;
  return { text: lines.toSpliced(at, 0, line).join('\n'), place: at + 1 };
}

describe.each(FIREWALLS)('$name', ({ folder }) => {
  const whole = loadRuleset(sourcesOf(folder));

  test('it loads without a word', () => {
    expect(whole.problems).toEqual([]);
    expect(whole.size.rules).toBeGreaterThan(10);
  });

  test.each(WRONG)('%s is told and the rest loads', (_, line, named) => {
    let place = 0;
    const put = (text: string): string => {
      const changed = withLine(text, line);
      place = changed.place;
      return changed.text;
    };
    const loaded = loadRuleset(sourcesOf(folder, put));
    expect(loaded.problems).toMatchObject([{ severity: 'error', file: 'rules.v4', line: place }]);
    expect(loaded.problems[0]?.text).toContain(named);
    expect(loaded.failed).toBe(false);
    expect(loaded.size).toEqual(whole.size);
    const strict = loadRuleset(sourcesOf(folder, put), { strict: true });
    expect(strict.failed).toBe(true);
    expect(strict.size.rules).toBe(0);
  });
});
