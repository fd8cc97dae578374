// Packets handed to programs: include/uapi/linux/netfilter/nfnetlink_queue.h, and the verdicts they
// are answered with, include/uapi/linux/netfilter.h.

export const NFNL_SUBSYS_QUEUE = 3;

export const NF_DROP = 0;
export const NF_ACCEPT = 1;
export const NF_STOLEN = 2;
export const NF_QUEUE = 3;
export const NF_REPEAT = 4;
export const NF_STOP = 5;
/** Over the low byte of a verdict; the queue's number stands in the upper half. */
export const NF_VERDICT_MASK = 0xff;
export const NF_VERDICT_FLAG_QUEUE_BYPASS = 0x8000;

/** enum nfqnl_msg_types */
export const NFQNL_MSG_PACKET = 0;
export const NFQNL_MSG_VERDICT = 1;
export const NFQNL_MSG_CONFIG = 2;
export const NFQNL_MSG_VERDICT_BATCH = 3;

/** enum nfqnl_attr_type */
export const NFQA_PACKET_HDR = 1;
export const NFQA_VERDICT_HDR = 2;
export const NFQA_MARK = 3;
export const NFQA_TIMESTAMP = 4;
export const NFQA_IFINDEX_INDEV = 5;
export const NFQA_IFINDEX_OUTDEV = 6;
export const NFQA_IFINDEX_PHYSINDEV = 7;
export const NFQA_IFINDEX_PHYSOUTDEV = 8;
export const NFQA_HWADDR = 9;
export const NFQA_PAYLOAD = 10;
export const NFQA_CT = 11;
export const NFQA_CT_INFO = 12;
export const NFQA_CAP_LEN = 13;
export const NFQA_SKB_INFO = 14;
export const NFQA_EXP = 15;
export const NFQA_UID = 16;
export const NFQA_GID = 17;
export const NFQA_SECCTX = 18;
export const NFQA_VLAN = 19;
export const NFQA_L2HDR = 20;
export const NFQA_PRIORITY = 21;
export const NFQA_CGROUP_CLASSID = 22;

/** enum nfqnl_vlan_attr */
export const NFQA_VLAN_PROTO = 1;
export const NFQA_VLAN_TCI = 2;

/** enum nfqnl_msg_config_cmds */
export const NFQNL_CFG_CMD_BIND = 1;
export const NFQNL_CFG_CMD_UNBIND = 2;
export const NFQNL_CFG_CMD_PF_BIND = 3;
export const NFQNL_CFG_CMD_PF_UNBIND = 4;

/** enum nfqnl_config_mode */
export const NFQNL_COPY_NONE = 0;
export const NFQNL_COPY_META = 1;
export const NFQNL_COPY_PACKET = 2;

/** enum nfqnl_attr_config */
export const NFQA_CFG_CMD = 1;
export const NFQA_CFG_PARAMS = 2;
export const NFQA_CFG_QUEUE_MAXLEN = 3;
export const NFQA_CFG_MASK = 4;
export const NFQA_CFG_FLAGS = 5;

export const NFQA_CFG_F_FAIL_OPEN = 1;
export const NFQA_CFG_F_CONNTRACK = 2;
export const NFQA_CFG_F_GSO = 4;
export const NFQA_CFG_F_UID_GID = 8;
export const NFQA_CFG_F_SECCTX = 16;

/** The checksum holds the sum of the pseudo header only: a device was to finish it. */
export const NFQA_SKB_CSUMNOTREADY = 1;
/** A packet that is still to be cut into segments. */
export const NFQA_SKB_GSO = 2;
export const NFQA_SKB_CSUM_NOTVERIFIED = 4;
