// What only the system that a ruleset is for can say: its interfaces, users, host names, the
// files under /etc/iproute2 and its time zone. Handed in, so that a ruleset compiles the same
// everywhere.

/** Each answers undefined for a name it does not know. */
export interface Names {
  readonly interfaceIndex?: (name: string) => number | undefined;
  readonly user?: (name: string) => number | undefined;
  readonly group?: (name: string) => number | undefined;
  /** Addresses in text; more than one is an error in a rule, as in nft. */
  readonly host?: (name: string, family: 'ip' | 'ip6') => readonly string[] | undefined;
  readonly service?: (name: string) => number | undefined;
  /** rt_marks, rt_realms, group, connlabel.conf. */
  readonly mark?: (name: string) => number | undefined;
  readonly realm?: (name: string) => number | undefined;
  readonly devgroup?: (name: string) => number | undefined;
  readonly label?: (name: string) => number | undefined;
  /** Inode number of a control group by its path. */
  readonly cgroup?: (path: string) => bigint | undefined;
  /** Seconds east of Greenwich at a local time given in seconds; 0 without it. */
  readonly utcOffset?: (localSeconds: number) => number;
}

const ids = new Map([
  ['root', 0],
  ['daemon', 1],
  ['bin', 2],
]);

/** The names every Linux has: loopback, the users of the LSB, `default` and `cosmos`. */
export const COMMON_NAMES: Required<Pick<Names, 'interfaceIndex' | 'user' | 'group'>> & Names = {
  interfaceIndex: (name) => (name === 'lo' ? 1 : undefined),
  user: (name) => ids.get(name),
  group: (name) => ids.get(name),
  devgroup: (name) => (name === 'default' ? 0 : undefined),
  realm: (name) => (name === 'cosmos' ? 0 : undefined),
};
