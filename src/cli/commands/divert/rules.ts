// The table of `sluice divert` in the running kernel. It is owned by the socket it came by
// (NFT_TABLE_F_OWNER): when the process is gone, however it went, so are its rules.

import { statSync } from 'node:fs';
import { formatDiagnostic } from '../../../diagnostics/index.ts';
import {
  applyBatch,
  type Libc,
  type Namespace,
  NetlinkSocket,
  SystemError,
} from '../../../linux/index.ts';
import { compile, InterfaceIndexes } from '../../../nft/index.ts';
import type { Batch } from '../../../program/index.ts';
import { Failure } from '../../failure.ts';
import type { Host } from '../../host.ts';
import { systemNames } from '../nft-names.ts';
import type { DivertConfig } from './config.ts';
import { type Groups, rulesetText, TABLE } from './ruleset.ts';

const CGROUPS = '/sys/fs/cgroup';
const EPERM = 1;

/** What the kernel knows a control group by: the inode of its folder. */
function cgroupInode(path: string): bigint {
  try {
    return statSync(`${CGROUPS}/${path}`, { bigint: true }).ino;
  } catch {
    throw new Failure(`there is no control group ${path} under ${CGROUPS}`);
  }
}

/** One that was left by a kernel without owners is replaced. */
const clearing = `table inet ${TABLE} { }\ndelete table inet ${TABLE}\n`;

function compiled(text: string, host: Host): Batch {
  const symbols = { ...systemNames(new InterfaceIndexes({}), host), cgroup: cgroupInode };
  const { batch, diagnostics, sources } = compile({ name: TABLE, text }, { symbols });
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Failure(formatDiagnostic(error, sources));
  return batch;
}

/** Compiles the rules without a kernel. @throws Failure: a user or group nobody has */
export const checkRules = (config: DivertConfig, groups: Groups, host: Host): Batch =>
  compiled(rulesetText(config, groups), host);

export class DivertRules {
  readonly #socket: NetlinkSocket;

  /** @throws Failure: the kernel refuses, or another divert is at work */
  constructor(
    libc: Libc,
    config: DivertConfig,
    groups: Groups,
    host: Host,
    namespace: Namespace | undefined,
  ) {
    const batch = compiled(`${clearing}${rulesetText(config, groups, true)}`, host);
    const open = () => new NetlinkSocket(libc);
    this.#socket = namespace === undefined ? open() : namespace.run(open);
    const [refused] = applyBatch(this.#socket, batch);
    if (refused === undefined) return;
    this.#socket.close();
    const taken = refused.errno === EPERM && process.getuid?.() === 0;
    const cause = taken ? `another 'sluice divert' has its rules here` : undefined;
    throw new Failure(new SystemError(`rules of table ${TABLE}`, refused.errno, cause).message);
  }

  /** Takes the rules away: the table goes with its owner. */
  remove(): void {
    this.#socket.close();
  }
}
