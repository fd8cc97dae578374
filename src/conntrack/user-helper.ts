// Helpers in user space, as nfnetlink_cthelper.c keeps them: who announced a connection's helper and by
// which queue its packets reach the program. The program itself is not here, and none of them is enabled
// before it says so.

export interface SavedUserHelper {
  readonly name: string;
  /** AF_INET or AF_INET6. */
  readonly l3proto: number;
  readonly l4proto: number;
  readonly queue: number;
  /** Bytes a connection keeps for it. */
  readonly dataLength: number;
  /** NF_CT_HELPER_F_CONFIGURED. */
  readonly enabled: boolean;
}

/** Which helpers are meant; what is not given is any. */
export type UserHelperFilter = Partial<Pick<SavedUserHelper, 'name' | 'l3proto' | 'l4proto'>>;

export const matchesUserHelper = (one: SavedUserHelper, filter: UserHelperFilter): boolean =>
  (filter.name ?? one.name) === one.name &&
  (filter.l3proto ?? one.l3proto) === one.l3proto &&
  (filter.l4proto ?? one.l4proto) === one.l4proto;
