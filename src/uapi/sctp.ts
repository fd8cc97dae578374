/** SCTP chunk types, enum sctp_cid in include/linux/sctp.h. */
export const SCTP_CID_DATA = 0;
export const SCTP_CID_INIT = 1;
export const SCTP_CID_INIT_ACK = 2;
export const SCTP_CID_SACK = 3;
export const SCTP_CID_HEARTBEAT = 4;
export const SCTP_CID_HEARTBEAT_ACK = 5;
export const SCTP_CID_ABORT = 6;
export const SCTP_CID_SHUTDOWN = 7;
export const SCTP_CID_SHUTDOWN_ACK = 8;
export const SCTP_CID_ERROR = 9;
export const SCTP_CID_COOKIE_ECHO = 10;
export const SCTP_CID_COOKIE_ACK = 11;
export const SCTP_CID_ECN_ECNE = 12;
export const SCTP_CID_ECN_CWR = 13;
export const SCTP_CID_SHUTDOWN_COMPLETE = 14;
export const SCTP_CID_AUTH = 0x0f;
export const SCTP_CID_I_DATA = 0x40;
export const SCTP_CID_ASCONF_ACK = 0x80;
export const SCTP_CID_RECONF = 0x82;
export const SCTP_CID_PAD = 0x84;
export const SCTP_CID_FWD_TSN = 0xc0;
export const SCTP_CID_ASCONF = 0xc1;
export const SCTP_CID_I_FWD_TSN = 0xc2;

/** The T bit of ABORT and SHUTDOWN COMPLETE: the verification tag is the peer's own. */
export const SCTP_CHUNK_FLAG_T = 0x01;
/** Flags of DATA, enum in include/linux/sctp.h. */
export const SCTP_DATA_LAST_FRAG = 0x01;
export const SCTP_DATA_FIRST_FRAG = 0x02;
export const SCTP_DATA_UNORDERED = 0x04;
export const SCTP_DATA_SACK_IMM = 0x08;
