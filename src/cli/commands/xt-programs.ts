// The programs of iptables: which family each is for, and what it does.

import type { XtFamily } from '../../iptables/index.ts';

export type XtAction = 'command' | 'save' | 'restore' | 'translate' | 'restore-translate';

export interface XtProgram {
  readonly name: string;
  readonly family: XtFamily;
  readonly action: XtAction;
}

const TOOLS: readonly (readonly [string, XtFamily])[] = [
  ['iptables', 'ip'],
  ['ip6tables', 'ip6'],
  ['arptables', 'arp'],
  ['ebtables', 'bridge'],
];

/** There is no arptables-restore-translate and none for ebtables. */
const actionsOf = (family: XtFamily): readonly XtAction[] => [
  'command',
  'save',
  'restore',
  'translate',
  ...(family === 'ip' || family === 'ip6' ? (['restore-translate'] as const) : []),
];

export const XT_PROGRAMS: ReadonlyMap<string, XtProgram> = new Map(
  TOOLS.flatMap(([tool, family]) =>
    actionsOf(family).map((action): [string, XtProgram] => {
      const name = action === 'command' ? tool : `${tool}-${action}`;
      return [name, { name, family, action }];
    }),
  ),
);

/** The release whose language this is. */
export const IPTABLES_VERSION = '1.8.13';

/** As `iptables -V` says it, and every complaint. */
export const versionOf = ({ name }: XtProgram): string => `${name} v${IPTABLES_VERSION} (sluice)`;
