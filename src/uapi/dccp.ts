/** DCCP packet types, enum dccp_pkt_type in include/uapi/linux/dccp.h (RFC 4340 §5.1). */
export const DCCP_PKT_REQUEST = 0;
export const DCCP_PKT_RESPONSE = 1;
export const DCCP_PKT_DATA = 2;
export const DCCP_PKT_ACK = 3;
export const DCCP_PKT_DATAACK = 4;
export const DCCP_PKT_CLOSEREQ = 5;
export const DCCP_PKT_CLOSE = 6;
export const DCCP_PKT_RESET = 7;
export const DCCP_PKT_SYNC = 8;
export const DCCP_PKT_SYNCACK = 9;
