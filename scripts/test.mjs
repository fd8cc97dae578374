// `npm test`: set-up, types, lint, then every test project. The last line is `N passed, N failed`
// with `, N skipped` when tests were skipped; each type check and the lint count as one test.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const counts = { passed: 0, failed: 0, skipped: 0 };

function run(name, args) {
  return spawnSync(bin(name), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

function check(title, name, args) {
  const ok = run(name, args).status === 0;
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}: ${title}\n`);
  counts[ok ? 'passed' : 'failed']++;
}

/** Why tests were skipped, told once each: suites carry the reason in their name. */
function tellSkipped(files) {
  const reasons = new Map();
  for (const test of files.flatMap((f) => f.assertionResults)) {
    if (test.status === 'passed' || test.status === 'failed') continue;
    const reason = /\(([^()]*)\)\s*$/.exec(test.ancestorTitles.join(' '))?.[1] ?? 'no reason given';
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  for (const [reason, n] of reasons) process.stdout.write(`skipped ${n}: ${reason}\n`);
}

function vitest(projects) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const report = join(folder, 'report.json');
  const args = ['run', ...projects.flatMap((p) => ['--project', p]), '--reporter=default'];
  const done = run('vitest', [...args, '--reporter=json', `--outputFile.json=${report}`]);
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed += json.numPassedTests;
    // A file that does not load has no tests to fail.
    const broken = json.testResults.filter(
      (f) => f.status === 'failed' && !f.assertionResults.some((t) => t.status === 'failed'),
    );
    counts.failed += json.numFailedTests + broken.length;
    counts.skipped += json.numPendingTests + json.numTodoTests;
    tellSkipped(json.testResults);
  } catch {
    counts.failed++;
  }
  if (done.status !== 0 && counts.failed === 0) counts.failed++;
  rmSync(folder, { recursive: true });
}

setup();
check('types', 'tsc', ['-p', 'tsconfig.json']);
check('types of the rooms that run in a browser', 'tsc', ['-p', 'tsconfig.pure.json']);
check('lint and format', 'biome', ['check', '.', '--diagnostic-level=warn']);
vitest(['unit', 'vectors', 'kernel', 'machine']);
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`);
process.exitCode = counts.failed > 0 ? 1 : 0;
