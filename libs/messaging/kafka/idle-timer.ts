import requestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 looks after waiting requests with a timer that arms itself again even when no request waits. With nothing throttled its delay is
 * negative, which Node turns into 1 ms: some thousand wake-ups a second on each idle connection.
 *
 * Whatever starts to wait arms the timer itself, so a queue in which nothing waits needs none.
 */
const queue = requestQueue.prototype;
const arm = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function scheduleWhenSomethingWaits(this: typeof queue) {
  if (this.pending.length > 0) arm.call(this);
};
