// The rules of `sluice divert` as the kernel takes them, with the names of this machine.

import { statSync } from 'node:fs';
import { InterfaceIndexes } from '../../../nft/index.ts';
import type { Batch } from '../../../program/index.ts';
import { Failure } from '../../failure.ts';
import type { Host } from '../../host.ts';
import { compiledText } from '../../owned-table.ts';
import { systemNames } from '../nft-names.ts';
import type { DivertConfig } from './config.ts';
import { type Groups, rulesetText, TABLE } from './ruleset.ts';

const CGROUPS = '/sys/fs/cgroup';

/** What the kernel knows a control group by: the inode of its folder. */
function cgroupInode(path: string): bigint {
  try {
    return statSync(`${CGROUPS}/${path}`, { bigint: true }).ino;
  } catch {
    throw new Failure(`there is no control group ${path} under ${CGROUPS}`);
  }
}

/** @throws Failure: a user, group or control group nobody has */
export const rulesOf = (config: DivertConfig, groups: Groups, host: Host): Batch =>
  compiledText(TABLE, rulesetText(config, groups), {
    ...systemNames(new InterfaceIndexes({}), host),
    cgroup: cgroupInode,
  });
