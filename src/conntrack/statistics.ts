// What a table counts, `conntrack -S` (struct ip_conntrack_stat; there is one processor).

export interface Statistics {
  found: number;
  invalid: number;
  insert: number;
  insertFailed: number;
  drop: number;
  earlyDrop: number;
  error: number;
  clashResolve: number;
  chainTooLong: number;
  expectNew: number;
  expectCreate: number;
  expectDelete: number;
}

export const noStatistics = (): Statistics => ({
  found: 0,
  invalid: 0,
  insert: 0,
  insertFailed: 0,
  drop: 0,
  earlyDrop: 0,
  error: 0,
  clashResolve: 0,
  chainTooLong: 0,
  expectNew: 0,
  expectCreate: 0,
  expectDelete: 0,
});
