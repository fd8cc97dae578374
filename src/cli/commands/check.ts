import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_INPUT, EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { errorCount, problemText, type RulesetFiles, readRulesets } from '../load.ts';

export interface CheckRequest extends RulesetFiles {
  readonly json: boolean;
  readonly colour: ColourWish;
}

/** Says what is wrong with a ruleset. */
export async function check(request: CheckRequest, host: Host): Promise<number> {
  const {
    problems,
    failed: isRefused,
    size,
    accounting,
  } = await readRulesets({ ...request, readsOnly: true }, host);
  const failed = isRefused || problems.some(({ severity }) => severity === 'error');
  if (request.json)
    host.out(`${JSON.stringify({ schema: 'sluice-check/1', problems }, null, 2)}\n`);
  else {
    const paint = paintFor(request.colour, host);
    for (const problem of problems) host.out(`${problemText(problem, paint)}\n`);
    const accounts = accounting === undefined ? '' : `, ${accounting.length} accounting objects`;
    const much = `${size.tables} tables, ${size.chains} chains, ${size.rules} rules${accounts}`;
    host.out(failed ? `${paint.red(errorCount(problems))}\n` : `${paint.green('ok')}: ${much}\n`);
  }
  return failed ? EXIT_INPUT : EXIT_OK;
}
