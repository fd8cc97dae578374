// Nothing but the way of a packet through the queue.
export default (): 'accept' => 'accept';
