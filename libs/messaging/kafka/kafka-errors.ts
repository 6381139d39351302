import { CfgenError } from '@cfgen/contracts';
import { busUnavailable } from '../messages/outgoing-messages';

/** What went wrong in kafkajs, as an error of ours: a topic that is not there, a message too large, or a broker that does not answer. */
export function kafkaError(doing: string, error: unknown): CfgenError {
  if (error instanceof CfgenError) return error;
  const { type, message } = origin(error);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new CfgenError('NOT_FOUND', `${doing}: the brokers do not know the topic`, {
      hint: 'Create the topics with `npm run topics` before services start.',
      cause: error,
    });
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new CfgenError('MESSAGE_INVALID', `${doing}: the broker refuses a message of this size`, {
      hint: 'Raise max.message.bytes of the topic to its default of 1 MiB.',
      cause: error,
    });
  }
  return busUnavailable(`${doing}: ${message}`, error);
}

/** Whether a broker answered that it cannot do this yet. */
export function saysNotNow(error: unknown): boolean {
  const at = innermost(error);
  return at instanceof Error && at.name === 'KafkaJSProtocolError' && 'retriable' in at && at.retriable === true;
}

function origin(error: unknown): { readonly type: string | undefined; readonly message: string } {
  const at = innermost(error);
  const type = typeof at === 'object' && at !== null && 'type' in at && typeof at.type === 'string' ? at.type : undefined;
  return { type, message: at instanceof Error ? at.message : String(at) };
}

/** kafkajs wraps what happened into "number of retries exceeded". */
function innermost(error: unknown): unknown {
  let at = error;
  while (at instanceof Error && at.cause !== undefined && at.cause !== at) at = at.cause;
  return at;
}
