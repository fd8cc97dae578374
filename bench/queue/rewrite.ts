// The first four bytes of what a datagram carries, in place.
const PONG = new TextEncoder().encode('pong');

export default (packet: { readonly payload: Uint8Array }): 'accept' => {
  packet.payload.set(PONG);
  return 'accept';
};
