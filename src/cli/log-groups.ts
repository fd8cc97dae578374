// What commands that listen to NFLOG say when they cannot.

import { type Libc, type LogListener, LogSocket, Namespace, SystemError } from '../linux/index.ts';
import type { LoggedPacket } from '../netlink/index.ts';
import { Failure } from './failure.ts';

/** @throws Failure */
export function openNamespace(libc: Libc, name: string): Namespace {
  try {
    return new Namespace(libc, name);
  } catch (error) {
    throw new Failure(`namespace ${name}: ${(error as Error).message}`);
  }
}

/** A group has one reader in a namespace, and EPERM for others (nfulnl_recv_config()). */
const whyNot = ({ operation, code, message }: SystemError): string =>
  operation.startsWith('bind log group') && code === 'EPERM' && process.getuid?.() === 0
    ? `${operation}: another program of sluice or a log daemon listens to it; --group takes others`
    : message;

/** @throws Failure */
export function openLogs(
  libc: Libc,
  to: LogListener,
  groups: readonly number[],
  namespace: Namespace | undefined,
): LogSocket {
  try {
    return new LogSocket(libc, to, { groups, ...(namespace && { namespace }) });
  } catch (error) {
    if (error instanceof SystemError) throw new Failure(whyNot(error));
    throw error;
  }
}

/** Seconds since 1970 when a packet was logged. */
export const timeOf = ({ timestamp }: LoggedPacket): number =>
  timestamp ? timestamp.seconds + timestamp.microseconds / 1e6 : Date.now() / 1000;

/** `09:14:02.118`, UTC. */
export const clockText = (time: number): string =>
  new Date(time * 1000).toISOString().slice(11, 23);
