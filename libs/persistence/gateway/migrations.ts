import { migrationOf, type Migration } from '../database/migration';
import { firstGatewayTables } from './gateway-tables';

/** How the gateway's tables came to be; `../database/migration` says how to write one that both databases run. */
export const gatewayMigrations: readonly Migration[] = [migrationOf('GatewayTables1795600000010', () => firstGatewayTables)];
