// Where a word means something that means nothing here: options of extensions that were not named, and
// extensions of the other family.

import type { Extension, XtFamily } from '../extension/index.ts';
import { protocolNumber } from '../extension/protocols.ts';
import { classicHint } from './classic.ts';
import { extensionNamed, extensionsOf, optionsOf } from './extensions.ts';

type Kind = 'match' | 'target';

const FLAG = { match: '-m', target: '-j' } as const;
const OTHER: Partial<Record<XtFamily, XtFamily>> = { ip: 'ip6', ip6: 'ip' };
/** More are no help. */
const MOST = 4;

const ownersOf = (kind: Kind, family: XtFamily, option: string): readonly Extension[] =>
  extensionsOf(kind, family).filter((one) => optionsOf(one).has(option));

/** `-p tcp` brings its match, the others have to be named. */
function asWritten({ kind, name }: Extension): string {
  const isProtocol = kind === 'match' && protocolNumber(name) !== undefined;
  return isProtocol ? `-p ${name}` : `${FLAG[kind]} ${name}`;
}

function owners(family: XtFamily, option: string): string | undefined {
  const all = [...ownersOf('match', family, option), ...ownersOf('target', family, option)];
  const written = [...new Set(all.map(asWritten))];
  return written.length === 0 || written.length > MOST ? undefined : written.join(', ');
}

/** `it belongs to -m multiport`; undefined where nobody knows the option. */
export function optionElsewhere(option: string, family: XtFamily): string | undefined {
  const name = option.replace(/^--|=.*$/gs, '');
  const here = owners(family, name);
  if (here !== undefined) return `it belongs to ${here}`;
  const other = OTHER[family];
  const there = other === undefined ? undefined : owners(other, name);
  return there === undefined ? undefined : `${other}tables has it, with ${there}`;
}

/** `ip6tables has it`: an extension of the other family alone, or one of old. */
export function extensionElsewhere(kind: Kind, name: string, family: XtFamily): string | undefined {
  const other = OTHER[family];
  if (other === undefined || extensionNamed(kind, other, name) === undefined)
    return classicHint(kind, name);
  return `${other}tables has it, ${family}tables has not`;
}
