export { createInProcessBus, type InProcessBusOptions } from './in-process/in-process-bus';
export type { DeliveryFaults } from './in-process/delivery-faults';
export { createTopics, type CreatedTopics, type CreateTopicsOptions } from './kafka/create-topics';
export { createKafkaBus } from './kafka/kafka-bus';
export type { KafkaBusOptions } from './kafka/kafka-bus-options';
export type { KafkaConnectionOptions } from './kafka/kafka-client';
export type { BusLog } from './port/bus-log';
export {
  PoisonMessage,
  type ConsumerLag,
  type DeadLetter,
  type IncomingMessage,
  type MessageBus,
  type OutgoingMessage,
  type Subscription,
  type SubscriptionOptions,
} from './port/message-bus';
