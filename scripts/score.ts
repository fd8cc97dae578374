// npm run score -- [--suite NAME] [--misses] [--json] [--write-misses] [DIR]
//
// Scores the suites of conformance vectors found in DIR, a line per suite and check.

import { parseArgs } from 'node:util';
import {
  isPresent,
  type Score,
  SUITES,
  type Suite,
  type Tally,
  tally,
} from '../test/vectors/score/index.ts';
import { writeKnownMisses } from '../test/vectors/score/known-misses.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    suite: { type: 'string', multiple: true },
    misses: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'write-misses': { type: 'boolean', default: false },
  },
});
const dir = positionals[0] ?? '../shared/conformance';

function chosen(): Suite[] {
  const names = values.suite;
  const unknown = names?.find((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    console.error(`no suite '${unknown}'; there are ${SUITES.map((s) => s.name).join(', ')}`);
    process.exit(2);
  }
  return SUITES.filter((suite) => names?.includes(suite.name) ?? true);
}

const percent = ({ passed, total }: Score): string =>
  total === 0 ? '-' : `${((100 * passed) / total).toFixed(1)}%`;

const line = (s: Score): string =>
  `${s.suite.padEnd(22)} ${s.check.padEnd(10)} passed ${String(s.passed).padStart(5)}  ` +
  `failed ${String(s.failed).padStart(5)}  total ${String(s.total).padStart(5)}  ` +
  percent(s).padStart(6);

const plain = ({ suite, check, passed, failed, total }: Score) => ({
  suite,
  check,
  passed,
  failed,
  total,
});

function show(result: Tally): void {
  for (const score of result.scores) console.log(line(score));
  if (!values.misses) return;
  for (const { check, id, why } of result.misses) console.log(`  ${check} ${id}\n     ${why}`);
}

const all: Score[] = [];
for (const suite of chosen()) {
  if (!isPresent(dir, suite)) {
    if (!values.json) console.log(`${suite.name.padEnd(22)} no vectors in ${dir}`);
    continue;
  }
  const result = await tally(dir, suite);
  all.push(...result.scores);
  if (!values.json) show(result);
  if (values['write-misses']) writeKnownMisses(suite.name, result);
}
if (values.json) console.log(JSON.stringify(all.map(plain), null, 2));
