import { Controller, Inject } from '@nestjs/common';
import { CfgenError, type CreatedToken, type Token } from '@cfgen/contracts';
import { apiTokenRows } from '@cfgen/persistence';
import type { Gateway } from '../../gateway';
import { tokenView } from '../../resources/views';
import { pageView, readCursor } from '../cursor';
import { gatewayToken } from '../gateway-token';
import { Operates, TheCall, type Call } from '../operation';

/** Who may ask. */
@Controller()
export class TokensController {
  constructor(@Inject(gatewayToken) private readonly gateway: Gateway) {}

  @Operates('listTokens')
  async list(@TheCall() { query }: Call<'listTokens'>): Promise<{ items: Token[]; nextCursor: string | null }> {
    const page = { after: readCursor(query.cursor), limit: query.limit };
    return pageView(await this.gateway.options.database.transaction((transaction) => apiTokenRows.list(transaction, page)), tokenView);
  }

  @Operates('createToken')
  async create(@TheCall() { body }: Call<'createToken'>): Promise<CreatedToken> {
    const { name, scope } = body;
    if (scope !== 'admin' && (await this.gateway.access.isOpen())) {
      throw new CfgenError('CONFLICT', `the first token must be of the scope "admin": one of "${scope}" would lock everybody out`, {
        details: { field: 'body.scope' },
      });
    }
    const expiresAt = body.expiresAt === undefined ? null : Date.parse(body.expiresAt);
    const { row, secret } = await this.gateway.access.issue({ name, scope, expiresAt });
    return { ...tokenView(row), secret };
  }

  @Operates('revokeToken')
  async revoke(@TheCall() { params }: Call<'revokeToken'>): Promise<Token> {
    const { database, now } = this.gateway.options;
    return database.transaction(async (transaction) => {
      const row = await apiTokenRows.find(transaction, params.id);
      if (row === null) throw new CfgenError('NOT_FOUND', `there is no token ${params.id}`, { details: { id: params.id } });
      const revokedAt = row.revokedAt ?? now();
      await apiTokenRows.update(transaction, row.id, { revokedAt });
      return tokenView({ ...row, revokedAt });
    });
  }
}
