/** Settings of a Kafka bus for specs: nobody waits long for a member that went away or for a message that failed. */
export const quickKafka = {
  now: Date.now,
  clientId: 'spec',
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 300,
  maxWaitMs: 100,
  redeliveryDelayMs: 20,
};
