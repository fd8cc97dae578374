/** GRE: the first 16 bits, include/uapi/linux/if_tunnel.h (whose macros swap to network order). */
export const GRE_CSUM = 0x8000;
export const GRE_ROUTING = 0x4000;
export const GRE_KEY = 0x2000;
export const GRE_SEQ = 0x1000;
export const GRE_STRICT = 0x0800;
export const GRE_REC = 0x0700;
export const GRE_ACK = 0x0080;
export const GRE_VERSION = 0x0007;
export const GRE_VERSION_0 = 0;
export const GRE_VERSION_1 = 1;
export const GRE_PROTO_PPP = 0x880b;
