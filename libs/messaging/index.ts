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
