// What a refused transaction answers. Numbers: include/uapi/asm-generic/errno-base.h and errno.h.

import type { Source } from '../program/index.ts';

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  E2BIG: 7,
  ENOMEM: 12,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EDOM: 33,
  ERANGE: 34,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EMLINK: 31,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  ENOTEMPTY: 39,
} as const;
export type ErrnoName = keyof typeof Errno;

/** A batch the engine would not take; nothing of it has happened, but handles it was given are gone. */
export class TransactionError extends Error {
  /** The positive number, as `errno` holds it. */
  readonly errno: number;
  readonly errnoName: ErrnoName;
  /** Position of the refused change in the batch; -1 where the batch as a whole is wrong. */
  readonly changeIndex: number;
  readonly source: Source | undefined;
  /** Further changes of the batch that were refused; the kernel looks at all of them, too. */
  readonly further: readonly TransactionError[];

  constructor(
    errnoName: ErrnoName,
    message: string,
    changeIndex: number,
    source?: Source,
    further: readonly TransactionError[] = [],
  ) {
    super(message);
    this.name = 'TransactionError';
    this.errnoName = errnoName;
    this.errno = Errno[errnoName];
    this.changeIndex = changeIndex;
    this.source = source;
    this.further = further;
  }
}

/** Thrown while one change is worked on; the transaction adds which and where. */
export class Refusal extends Error {
  readonly errnoName: ErrnoName;
  constructor(errnoName: ErrnoName, message: string) {
    super(message);
    this.errnoName = errnoName;
  }
}

/** @throws Refusal always */
export function refuse(errno: ErrnoName, message: string): never {
  throw new Refusal(errno, message);
}
