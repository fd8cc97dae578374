import { listJson, listRuleset } from '../../nft/index.ts';
import { printProgram } from '../../program/index.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_OK } from '../failure.ts';
import type { Host } from '../host.ts';
import { loadRulesets, type RulesetFiles } from '../load.ts';
import { VERSION } from '../version.ts';

export interface ListRequest extends RulesetFiles {
  readonly form: 'text' | 'json' | 'bytecode';
  readonly colour: ColourWish;
}

const INFO = { version: VERSION, releaseName: 'sluice' };

/** Prints a ruleset as the kernel would list it, or what the kernel would get. */
export async function list(request: ListRequest, host: Host): Promise<number> {
  const { program, interfaces, cgroups } = await loadRulesets(
    { ...request, readsOnly: true },
    host,
    paintFor(request.colour, host),
  );
  const byIndex = new Map(Object.entries(interfaces).map(([name, index]) => [index, name]));
  const options = {
    names: {
      interface: (index: number) => byIndex.get(index),
      cgroup: (inode: bigint) => cgroups.get(inode),
    },
  };
  if (request.form === 'bytecode') host.out(printProgram(program));
  else if (request.form === 'json') host.out(`${listJson(program, INFO, options)}\n`);
  else host.out(listRuleset(program, options));
  return EXIT_OK;
}
