// What a listing leaves out or spells in numbers: the switches of `nft list`.

/** What only the system a ruleset is for can say: names for the numbers a program carries. */
export interface NumberNames {
  readonly interface?: (index: number) => string | undefined;
  readonly user?: (uid: number) => string | undefined;
  readonly group?: (gid: number) => string | undefined;
  readonly service?: (port: number) => string | undefined;
  readonly host?: (address: string) => string | undefined;
  /** rt_marks, rt_realms, group and connlabel.conf under /etc/iproute2 and /etc/xtables. */
  readonly mark?: (mark: number) => string | undefined;
  readonly realm?: (realm: number) => string | undefined;
  readonly devgroup?: (group: number) => string | undefined;
  readonly label?: (bit: number) => string | undefined;
  /** The path of a control group by its inode number. */
  readonly cgroup?: (inode: bigint) => string | undefined;
  /** Seconds east of Greenwich at a time given in seconds; 0 without it. */
  readonly utcOffset?: (seconds: number) => number;
}

export interface ListOptions {
  /** -a */
  readonly handles?: boolean;
  /** -s: no counters, quotas used, expiry times. */
  readonly stateless?: boolean;
  /** -t: sets without their elements. */
  readonly terse?: boolean;
  /** -p: layer 4 protocols by number. */
  readonly numericProtocol?: boolean;
  /** -y: chain priorities by number. */
  readonly numericPriority?: boolean;
  /** -T: times in seconds, without greater units (dates and hours keep their form, as in nft). */
  readonly numericTime?: boolean;
  /** Part of -n: no symbolic constants at all (`ct state 0x2`). */
  readonly numericSymbols?: boolean;
  /** -S: ports by service name. */
  readonly services?: boolean;
  /** -u: users and groups by name. */
  readonly users?: boolean;
  /** -N: addresses by host name, as far as `names.host` knows one. */
  readonly reverseDns?: boolean;
  readonly names?: NumberNames;
}

/** -n: everything in numbers. */
export const NUMERIC: ListOptions = Object.freeze({
  numericProtocol: true,
  numericPriority: true,
  numericTime: true,
  numericSymbols: true,
});
