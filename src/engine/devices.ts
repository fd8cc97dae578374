// Devices by the names rulesets give them.

import type { NetDevice, Netns } from '../core/index.ts';

/** `eth*` as nf_tables takes it: everything that begins like this. */
const deviceMatches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

export const devicesNamed = (netns: Netns, patterns: readonly string[]): NetDevice[] =>
  netns.devices
    .list()
    .filter((device) => patterns.some((pattern) => deviceMatches(pattern, device.name)));
