// Accounting objects, which belong to no table, as counters and quotas of tables.

import type { AcctObject, NfacctInfo, Program, Table } from '../../program/index.ts';
import type { TranslateContext } from '../extension/index.ts';

const namesIn = ({ chains }: Table): Set<string> =>
  new Set(
    chains.flatMap(({ rules }) =>
      rules.flatMap(({ exprs }) =>
        exprs.flatMap((expr) =>
          expr.kind === 'match' && expr.name === 'nfacct' ? [(expr.info as NfacctInfo).name] : [],
        ),
      ),
    ),
  );

/** What a translation may know of them. */
export function accountsOf(
  program: Program,
  {
    accounting = [],
    isName = () => true,
  }: { readonly accounting?: readonly AcctObject[]; readonly isName?: (word: string) => boolean },
): TranslateContext['account'] {
  if (accounting.length === 0) return () => undefined;
  const objects = new Map(accounting.map((object) => [object.name, object]));
  const tables = program.tables.map(namesIn);
  return (name) => {
    const object = objects.get(name);
    if (object === undefined) return undefined;
    const isShared = tables.filter((names) => names.has(name)).length > 1;
    return { object, isShared, isNameable: isName(name) };
  };
}
