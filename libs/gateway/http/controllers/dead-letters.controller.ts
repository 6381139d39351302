import { Controller, Inject } from '@nestjs/common';
import type { DeadLetterRecord } from '@cfgen/contracts';
import { deadLetterRows } from '@cfgen/persistence';
import type { Gateway } from '../../gateway';
import { deadLetterView } from '../../resources/views';
import { replayDeadLetter, requireDeadLetter } from '../../runs/dead-letters';
import { pageView, readCursor } from '../cursor';
import { gatewayToken } from '../gateway-token';
import { Operates, TheCall, type Call } from '../operation';

/** Messages that nobody could read. */
@Controller()
export class DeadLettersController {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('listDeadLetters')
  async list(@TheCall() { query }: Call<'listDeadLetters'>): Promise<{ items: DeadLetterRecord[]; nextCursor: string | null }> {
    const { cursor, limit, topic } = query;
    const page = { after: readCursor(cursor), limit };
    return pageView(
      await this.gateway.options.database.transaction((transaction) => deadLetterRows.list(transaction, { topic }, page)),
      deadLetterView,
    );
  }

  @Operates('getDeadLetter')
  async get(@TheCall() { params }: Call<'getDeadLetter'>): Promise<DeadLetterRecord> {
    return deadLetterView(await this.gateway.options.database.transaction((transaction) => requireDeadLetter(transaction, params.id)));
  }

  @Operates('replayDeadLetter')
  async replay(@TheCall() { params }: Call<'replayDeadLetter'>): Promise<DeadLetterRecord> {
    const { database, instance, now, newId } = this.gateway.options;
    const source = { producer: instance, now, newId };
    const row = await database.transaction((transaction) => replayDeadLetter(transaction, params.id, source));
    this.gateway.outboxWritten();
    return deadLetterView(row);
  }

  @Operates('deleteDeadLetter')
  async delete(@TheCall() { params }: Call<'deleteDeadLetter'>): Promise<void> {
    await this.gateway.options.database.transaction(async (transaction) => {
      await requireDeadLetter(transaction, params.id);
      await deadLetterRows.delete(transaction, params.id);
    });
  }
}
