// Zones: one table for networks that know nothing of each other (nf_conntrack_zones.h).

/** A zone as tables store it: id | NF_CT_ZONE_DIR_* << 16. */
export type Zone = number;

export const makeZone = (id: number, dir: number): Zone => (id & 0xffff) | (dir << 16);
export const DEFAULT_ZONE: Zone = makeZone(0, 3);
/** nf_ct_zone_id(): the id where the zone applies to a direction, else 0. */
export const zoneIdFor = (zone: Zone, dir: number): number =>
  ((zone >>> 16) & (1 << dir)) !== 0 ? zone & 0xffff : 0;
