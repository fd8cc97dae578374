// Connections as attributes: include/uapi/linux/netfilter/nfnetlink_conntrack.h.

/** enum ctattr_type */
export const CTA_STATUS = 3;
export const CTA_MARK = 8;
export const CTA_ID = 12;
export const CTA_MARK_MASK = 21;
export const CTA_LABELS = 22;
export const CTA_LABELS_MASK = 23;
